import WebSocketProtocol

/// Bytes after the opening handshake that are not a whole frame, or not an allowed one (RFC 6455, section 5).
///
/// They are masked with the key zero, which leaves the payload as it is.
public enum FramePiece: String, CaseIterable, Hashable, Sendable, Codable {
    /// A header cut within its extended length.
    case cutHeader
    /// A quarter of a payload of 64 KiB.
    case cutPayload
    /// Two fragments of a message that never ends.
    case unfinishedFragments
    /// A message with a reserved bit that no extension uses.
    case reservedBit
    /// A message that is not masked.
    case unmasked
    /// Text that is not UTF-8.
    case invalidText
    /// The header of a frame of 2^62 bytes.
    case oversize
    /// A frame with an opcode that is not assigned.
    case unassignedOpcode

    func encode(into output: inout ByteQueue) {
        switch self {
        case .cutHeader:
            output.append([0x82, 0xFE, 0x10])
        case .cutPayload:
            FrameHeader(opcode: .binary, maskingKey: 0, payloadLength: 65_536).encode(into: &output)
            output.append([UInt8](repeating: 0x57, count: 16_384))
        case .unfinishedFragments:
            FrameHeader(fin: false, opcode: .text, maskingKey: 0, payloadLength: 4096).encode(into: &output)
            output.append([UInt8](repeating: 0x57, count: 4096))
            FrameHeader(fin: false, opcode: .continuation, maskingKey: 0, payloadLength: 4096).encode(into: &output)
            output.append([UInt8](repeating: 0x57, count: 4096))
        case .reservedBit:
            FrameHeader(rsv3: true, opcode: .text, maskingKey: 0, payloadLength: 4).encode(into: &output)
            output.append("leak")
        case .unmasked:
            FrameHeader(opcode: .text, payloadLength: 4).encode(into: &output)
            output.append("leak")
        case .invalidText:
            FrameHeader(opcode: .text, maskingKey: 0, payloadLength: 3).encode(into: &output)
            output.append([0xC0, 0x80, 0xFF])
        case .oversize:
            FrameHeader(opcode: .binary, maskingKey: 0, payloadLength: 1 << 62).encode(into: &output)
            output.append("leak")
        case .unassignedOpcode:
            FrameHeader(opcode: Opcode(rawValue: 0x3), maskingKey: 0, payloadLength: 0).encode(into: &output)
        }
    }
}

extension ByteQueue {
    fileprivate mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }
}
