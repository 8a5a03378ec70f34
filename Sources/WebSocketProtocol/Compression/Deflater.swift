import CZlib

/// A raw DEFLATE compressor (RFC 1951) over the system's zlib.
final class Deflater {
    // zlib keeps the address of its stream, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init(windowBits: Int, level: Int, memoryLevel: Int) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // zlib cannot compress into a window of 8 bits. Matches of distance one only (Z_RLE) need no window at all.
        let strategy = windowBits == 8 ? Z_RLE : Z_DEFAULT_STRATEGY
        let code = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, -Int32(max(9, windowBits)), Int32(memoryLevel), strategy, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib is out of memory, or not the library this was built for")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends `message` compressed, without the empty block that ends it (RFC 7692, section 7.2.1).
    ///
    /// With `keepsContext` the next message may refer to this one.
    func compress(_ message: UnsafeRawBufferPointer, keepsContext: Bool, into output: inout ByteQueue) {
        precondition(message.count <= 1 << 30, "a message is compressed up to 1 GiB")
        guard let start = message.baseAddress, message.count > 0 else {
            // An empty message is one empty block, of which one byte remains (section 7.2.3.6).
            return output.appendByte(0)
        }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(message.count)
        var isFlushed = false
        while !isFlushed {
            let expected = min(1 << 20, Int(stream.pointee.avail_in) / 2 + 256)
            output.withUnsafeTail(minimum: expected) { tail in
                stream.pointee.next_out = tail.baseAddress!.assumingMemoryBound(to: UInt8.self)
                let room = min(tail.count, Int(UInt32.max))
                stream.pointee.avail_out = UInt32(room)
                let code = deflate(stream, Z_SYNC_FLUSH)
                precondition(code == Z_OK || code == Z_BUF_ERROR, "a compressor takes any input")
                isFlushed = stream.pointee.avail_out > 0
                return room - Int(stream.pointee.avail_out)
            }
        }
        output.removeLast(4)
        if !keepsContext { deflateReset(stream) }
    }
}
