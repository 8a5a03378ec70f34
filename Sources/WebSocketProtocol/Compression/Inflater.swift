import CZlib

/// A raw DEFLATE decompressor (RFC 1951) over the system's zlib.
final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the last input ended with a final block.
    private var isAtFinalBlock = false

    /// The outcome of decompressing.
    enum Outcome {
        case complete
        /// The output exceeds the limit.
        case tooBig
        /// The input is not DEFLATE, is cut short, or refers beyond the window.
        case invalid
    }

    /// The bytes that a sender leaves out at the end of each message (RFC 7692, section 7.2.2).
    private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
    /// Output grows in steps, so that a small message cannot claim much and a bomb is detected early.
    private static let stepBytes = 16 * 1024
    /// Final blocks within one message; each costs a copy of the window, and no honest sender needs many.
    private static let maximumFinalBlocks = 16
    /// What zlib takes at a time, in bytes.
    private static let inputBytes = 1 << 30
    /// The bit of `data_type` that zlib sets right after a block.
    private static let betweenBlocks: Int32 = 128

    init(windowBits: Int) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // A window of 9 bits holds all that one of 8 does, and zlib compressors that say 8 use 9.
        let code = inflateInit2_(
            stream, -Int32(max(9, windowBits)), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib is out of memory, or not the library this was built for")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Appends the decompressed `payload`, at most `limit` bytes of it.
    ///
    /// With `keepsContext` the next message may refer to this one. After anything but `complete` the context is lost.
    func decompress(
        _ payload: UnsafeRawBufferPointer, limit: Int, keepsContext: Bool, into output: inout ByteQueue
    ) -> Outcome {
        var outcome = feed(payload, limit: limit, into: &output)
        // A final block is complete, though its sender should have continued (section 7.2.3.4); so is an empty payload.
        if outcome == .complete, !payload.isEmpty, !isAtFinalBlock {
            let count = output.count
            outcome = Self.tail.withUnsafeBytes { feed($0, limit: limit, into: &output) }
            // The tail is an empty block of its own, unless the message was cut short within one.
            let isWhole = output.count == count && stream.pointee.data_type & Self.betweenBlocks != 0
            if outcome == .complete, !isWhole { outcome = .invalid }
        }
        if !keepsContext || outcome != .complete { inflateReset(stream) }
        return outcome
    }

    private func feed(_ input: UnsafeRawBufferPointer, limit: Int, into output: inout ByteQueue) -> Outcome {
        guard let start = input.baseAddress, input.count > 0 else { return .complete }
        guard input.count <= Self.inputBytes else { return .tooBig }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        var finalBlocks = 0
        isAtFinalBlock = false
        while true {
            // One byte more than the limit, to distinguish a message that just fits from one that does not.
            let room = min(Self.stepBytes, limit - output.count) + 1
            var code = Z_OK
            output.withUnsafeTail(minimum: room) { tail in
                stream.pointee.next_out = tail.baseAddress!.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(room)
                code = inflate(stream, Z_SYNC_FLUSH)
                return room - Int(stream.pointee.avail_out)
            }
            if output.count > limit { return .tooBig }
            switch code {
            case Z_OK:
                if stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0 { return .complete }
            case Z_BUF_ERROR: return stream.pointee.avail_in == 0 ? .complete : .invalid
            case Z_STREAM_END:
                // A block with BFINAL set does not end the message (section 7.2.3.4): another may follow it.
                finalBlocks += 1
                guard finalBlocks <= Self.maximumFinalBlocks, continueAfterFinalBlock() else { return .invalid }
                isAtFinalBlock = stream.pointee.avail_in == 0
                if isAtFinalBlock { return .complete }
            default: return .invalid
            }
        }
    }

    /// Restarts after a final block, keeping the window.
    private func continueAfterFinalBlock() -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32_768) { window in
            var count: UInt32 = 0
            guard inflateGetDictionary(stream, window.baseAddress, &count) == Z_OK else { return false }
            let (input, rest) = (stream.pointee.next_in, stream.pointee.avail_in)
            guard inflateReset(stream) == Z_OK else { return false }
            stream.pointee.next_in = input
            stream.pointee.avail_in = rest
            return count == 0 || inflateSetDictionary(stream, window.baseAddress, count) == Z_OK
        }
    }
}
