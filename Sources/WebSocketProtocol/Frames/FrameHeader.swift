/// The header of one frame (RFC 6455, section 5.2).
///
/// Any combination can be written, allowed or not, to test a peer with it; ``WebSocketMachine`` has the rules.
public struct FrameHeader: Hashable, Sendable {
    /// Whether this is the message's last fragment.
    public var fin: Bool
    /// The first reserved bit; an extension may give it a meaning.
    public var rsv1: Bool
    /// The second reserved bit.
    public var rsv2: Bool
    /// The third reserved bit.
    public var rsv3: Bool
    /// What the payload means.
    public var opcode: Opcode
    /// The key, its lowest byte the first on the wire; nil for an unmasked frame (section 5.3).
    public var maskingKey: UInt32?
    /// The payload's length in bytes, never negative.
    public var payloadLength: Int

    /// Describes a frame; by default a final, unmasked one with no reserved bit.
    public init(
        fin: Bool = true, rsv1: Bool = false, rsv2: Bool = false, rsv3: Bool = false, opcode: Opcode,
        maskingKey: UInt32? = nil, payloadLength: Int
    ) {
        precondition(payloadLength >= 0, "a length is never negative")
        self.fin = fin
        self.rsv1 = rsv1
        self.rsv2 = rsv2
        self.rsv3 = rsv3
        self.opcode = opcode
        self.maskingKey = maskingKey
        self.payloadLength = payloadLength
    }

    /// The most bytes that a header can take.
    public static let maximumEncodedBytes = 14

    /// How many bytes the header takes in its shortest encoding.
    public var encodedBytes: Int {
        let length = payloadLength <= 125 ? 2 : payloadLength <= 0xFFFF ? 4 : 10
        return maskingKey == nil ? length : length &+ 4
    }

    /// Writes the header in its shortest encoding.
    public func encode(into output: inout ByteQueue) {
        output.withUnsafeTail(minimum: Self.maximumEncodedBytes) { write(to: $0.baseAddress!) }
    }

    /// Writes the header at `start`, where there is room for any header, and returns its size.
    @inline(__always)
    func write(to start: UnsafeMutableRawPointer) -> Int {
        var first = opcode.rawValue & 0x0F
        if fin { first |= 0x80 }
        if rsv1 { first |= 0x40 }
        if rsv2 { first |= 0x20 }
        if rsv3 { first |= 0x10 }
        start.storeBytes(of: first, as: UInt8.self)
        let mask: UInt8 = maskingKey == nil ? 0 : 0x80
        var size: Int
        if payloadLength <= 125 {
            start.storeBytes(of: mask | UInt8(truncatingIfNeeded: payloadLength), toByteOffset: 1, as: UInt8.self)
            size = 2
        } else if payloadLength <= 0xFFFF {
            start.storeBytes(of: mask | 126, toByteOffset: 1, as: UInt8.self)
            let length = UInt16(truncatingIfNeeded: payloadLength).bigEndian
            start.storeBytes(of: length, toByteOffset: 2, as: UInt16.self)
            size = 4
        } else {
            start.storeBytes(of: mask | 127, toByteOffset: 1, as: UInt8.self)
            start.storeBytes(of: UInt64(payloadLength).bigEndian, toByteOffset: 2, as: UInt64.self)
            size = 10
        }
        if let maskingKey {
            start.storeBytes(of: maskingKey.littleEndian, toByteOffset: size, as: UInt32.self)
            size &+= 4
        }
        return size
    }
}
