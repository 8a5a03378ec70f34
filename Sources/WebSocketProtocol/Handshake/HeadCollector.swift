/// Finds where a head ends, in input that may cut it anywhere (RFC 9112, section 2.2).
///
/// A head that lies whole in one input is not copied. Judges line endings and size only, byte by byte, so that the
/// outcome does not depend on the cuts.
struct HeadCollector: ~Copyable {
    enum Found {
        case needsMore
        /// Between these offsets of the input.
        case input(Range<Int>)
        /// In `kept`.
        case kept
        case failed(HandshakeFailure)
    }

    private enum Line: UInt8 { case begun, carriageReturn, beginning, lastCarriageReturn }

    let limits: HandshakeLimits
    private(set) var kept = ByteQueue()
    private var line = Line.beginning

    init(limits: HandshakeLimits) { self.limits = limits }

    mutating func collect(_ input: UnsafeRawBufferPointer, at position: inout Int) -> Found {
        precondition(position >= 0 && position <= input.count, "a position lies in the input")
        let start = position
        let room = limits.maximumHeadBytes - kept.count
        while position < input.count {
            guard position - start < room else { return .failed(.init(.headTooLarge(limit: limits.maximumHeadBytes))) }
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

    /// Forgets the head that was found.
    mutating func reset() {
        kept.removeAll(keepingCapacity: false)
        line = .beginning
    }
}
