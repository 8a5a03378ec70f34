extension FrameHeader {
    /// The result of decoding the beginning of a frame.
    enum Decoded {
        case incomplete
        case complete(FrameHeader, bytes: Int)
        case invalid(ProtocolFailure.LengthRule)
    }

    /// How many bytes a header has whose second byte is `second`.
    @inline(__always)
    static func encodedBytes(second: UInt8) -> Int {
        let length = second & 0x7F
        let size = length <= 125 ? 2 : length == 126 ? 4 : 10
        return second & 0x80 == 0 ? size : size &+ 4
    }

    /// Reads a header from the first `available` bytes at `start`.
    @inline(__always)
    static func decode(_ start: UnsafeRawPointer, available: Int) -> Decoded {
        guard available >= 2 else { return .incomplete }
        let first = start.load(as: UInt8.self)
        let second = start.load(fromByteOffset: 1, as: UInt8.self)
        let size = encodedBytes(second: second)
        guard available >= size else { return .incomplete }
        var length = Int(second & 0x7F)
        if length == 126 {
            length = Int(UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            if length <= 125 { return .invalid(.nonminimal) }
        } else if length == 127 {
            let wide = UInt64(bigEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard let exact = Int(exactly: wide) else { return .invalid(.topBitSet) }
            if exact <= 0xFFFF { return .invalid(.nonminimal) }
            length = exact
        }
        var key: UInt32?
        if second & 0x80 != 0 {
            key = UInt32(littleEndian: start.loadUnaligned(fromByteOffset: size &- 4, as: UInt32.self))
        }
        let header = FrameHeader(
            fin: first & 0x80 != 0, rsv1: first & 0x40 != 0, rsv2: first & 0x20 != 0, rsv3: first & 0x10 != 0,
            opcode: Opcode(rawValue: first & 0x0F), maskingKey: key, payloadLength: length)
        return .complete(header, bytes: size)
    }
}
