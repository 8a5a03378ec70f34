/// Finds where a head ends, in input that may cut it anywhere (RFC 9112, section 2.2).
///
/// A head that lies whole in one input is not copied. Checks only line endings and size, byte by byte, so that the
/// outcome does not depend on the cuts.
struct HeadCollector: ~Copyable {
    private enum Found {
        case needsMore
        /// Between these offsets of the input.
        case input(Range<Int>)
        /// In `kept`.
        case kept
        case failed(HandshakeFailure)
    }

    private enum Line: UInt8 { case begun, carriageReturn, beginning, lastCarriageReturn }

    let limits: HandshakeLimits
    private var kept = ByteQueue()
    private var line = Line.beginning
    private var failure: HandshakeFailure?

    init(limits: HandshakeLimits) { self.limits = limits }

    /// Bytes of memory held for an incomplete head.
    var bufferedCapacity: Int { kept.capacity }

    /// Reads a head with `parse`, which gets all of its bytes at once; after a failure, fails for ever.
    mutating func receive<Head>(
        _ input: RawSpan, at position: inout Int,
        parse: (UnsafeRawBufferPointer, HandshakeLimits) throws(HandshakeFailure) -> Head
    ) -> Progress<Head, HandshakeFailure> {
        if let failure { return .failed(failure) }
        do throws(HandshakeFailure) {
            let head = try input.withUnsafeBytes { bytes throws(HandshakeFailure) -> Head? in
                switch collect(bytes, at: &position) {
                case .needsMore: nil
                case .failed(let failure): throw failure
                case .input(let range): try parse(UnsafeRawBufferPointer(rebasing: bytes[range]), limits)
                case .kept: try parse(kept.unsafeBytes, limits)
                }
            }
            guard let head else { return .needsMore }
            reset()
            return .complete(head)
        } catch {
            failure = error
            reset()
            return .failed(error)
        }
    }

    private mutating func collect(_ input: UnsafeRawBufferPointer, at position: inout Int) -> Found {
        precondition(position >= 0 && position <= input.count, "a position lies in the input")
        let start = position
        let room = limits.maximumHeadBytes - kept.count
        let end = start + min(room, input.count - start)
        while position < input.count {
            // Hardly a byte of a head is a control character.
            if line == .begun || line == .beginning {
                let first = position
                while position < end, input[position] > 0x0D { position += 1 }
                if position > first { line = .begun }
                if position == input.count { break }
            }
            guard position < end else { return .failed(.init(.headTooLarge(limit: limits.maximumHeadBytes))) }
            let byte = input[position]
            position += 1
            switch (line, byte) {
            case (.begun, 0x0D): line = .carriageReturn
            case (.beginning, 0x0D): line = .lastCarriageReturn
            case (.carriageReturn, 0x0A): line = .beginning
            case (.lastCarriageReturn, 0x0A):
                if kept.isEmpty { return .input(start..<position) }
                kept.append(UnsafeRawBufferPointer(rebasing: input[start..<position]))
                return .kept
            case (.carriageReturn, _), (.lastCarriageReturn, _), (_, 0x0A):
                return .failed(.init(.bareLineEnding))
            case (_, 0x00): return .failed(.init(.nulByte))
            default: line = .begun
            }
        }
        kept.append(UnsafeRawBufferPointer(rebasing: input[start..<position]))
        return .needsMore
    }

    private mutating func reset() {
        kept.removeAll(keepingCapacity: false)
        line = .beginning
    }
}
