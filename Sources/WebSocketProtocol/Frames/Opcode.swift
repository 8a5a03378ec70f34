/// What a frame's payload means, as it stands on the wire (RFC 6455, section 5.2).
///
/// Four bits on the wire, so values outside the statics are possible and are kept.
public struct Opcode: RawRepresentable, Hashable, Sendable {
    /// The value of the header's low four bits.
    public let rawValue: UInt8

    /// Keeps `rawValue` as it is.
    ///
    /// Only the low four bits have a place on the wire.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A further fragment of the message begun before (RFC 6455, section 5.4).
    public static let continuation = Opcode(rawValue: 0x0)
    /// A text message, or its first fragment (RFC 6455, section 5.6).
    public static let text = Opcode(rawValue: 0x1)
    /// A binary message, or its first fragment (RFC 6455, section 5.6).
    public static let binary = Opcode(rawValue: 0x2)
    /// A Close frame (RFC 6455, section 5.5.1).
    public static let close = Opcode(rawValue: 0x8)
    /// A Ping frame (RFC 6455, section 5.5.2).
    public static let ping = Opcode(rawValue: 0x9)
    /// A Pong frame (RFC 6455, section 5.5.3).
    public static let pong = Opcode(rawValue: 0xA)

    /// Whether the opcode is one of the control range, known or not (RFC 6455, section 5.5).
    public var isControl: Bool { rawValue & 0x8 != 0 }
}
