/// A frame as octets, masked with the key zero, which leaves the payload as it is (RFC 6455, section 5.2).
enum RawFrame {
    /// The opcodes that raw frames are made with, the reserved ones included.
    static let (continuation, text, binary, close, ping, pong): (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) =
        (0x0, 0x1, 0x2, 0x8, 0x9, 0xA)

    /// The octets of one; the payload has less than 64 KiB.
    static func octets(_ opcode: UInt8, isFinal: Bool = true, reserved: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
        var octets = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        if payload.count < 126 {
            octets.append(0x80 | UInt8(payload.count))
        } else {
            octets += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        return octets + [0, 0, 0, 0] + payload
    }
}
