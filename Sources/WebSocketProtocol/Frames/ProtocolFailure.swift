/// A rule of the protocol, or a limit of ours, that the peer broke (RFC 6455, section 7.1.7).
public struct ProtocolFailure: Error, Hashable, Sendable {
    /// What arrived that may not.
    public var kind: Reason

    /// Describes one breach.
    public init(_ kind: Reason) { self.kind = kind }

    /// The rules that a peer can break.
    public enum Reason: Hashable, Sendable {
        /// A client sent a frame without a masking key (section 5.1).
        case unmaskedFrame
        /// A server sent a frame with a masking key (section 5.1).
        case maskedFrame
        /// A reserved bit is set and no extension gives it a meaning (section 5.2).
        case reservedBits
        /// An opcode that is reserved (section 5.2).
        case unknownOpcode(Opcode)
        /// A control frame without FIN (section 5.5).
        case fragmentedControl
        /// A control frame that announces more than 125 bytes (section 5.5).
        case oversizeControl
        /// A continuation frame while no message is in progress (section 5.4).
        case unexpectedContinuation
        /// A new message while another is unfinished (section 5.4).
        case expectedContinuation
        /// A length that the encoding forbids (section 5.2).
        case invalidLength(LengthRule)
        /// Text, or a close reason, that is not UTF-8 (section 8.1).
        case invalidUTF8
        /// A compressed message that cannot be decompressed (RFC 7692, section 7.2.2).
        case invalidCompression
        /// A Close frame with a code that may not be sent (section 7.4).
        case badCloseCode(CloseCode)
        /// A Close frame with a payload of one byte (section 5.5.1).
        case truncatedClose
        /// A frame that announces more than the limit, in bytes (section 10.4).
        case frameTooBig(limit: Int)
        /// A message whose fragments add up to, or that decompresses to, more than the limit, in bytes (section 10.4).
        case messageTooBig(limit: Int)
    }

    /// The rules of the length encoding (RFC 6455, section 5.2).
    public enum LengthRule: Hashable, Sendable {
        /// A longer encoding than the value needs.
        case nonminimal
        /// A 64-bit length with its most significant bit set.
        case topBitSet
    }

    /// The code that a Close frame reports this failure with (RFC 6455, section 7.4.1).
    public var code: CloseCode {
        switch kind {
        case .invalidUTF8, .invalidCompression: .invalidPayload
        case .frameTooBig, .messageTooBig: .messageTooBig
        default: .protocolError
        }
    }
}

extension ProtocolFailure: CustomStringConvertible {
    /// What arrived and the rule it breaks; short enough for a close reason.
    public var description: String {
        switch kind {
        case .unmaskedFrame: "unmasked frame: a client masks every frame (RFC 6455, section 5.1)"
        case .maskedFrame: "masked frame: a server masks no frame (RFC 6455, section 5.1)"
        case .reservedBits: "reserved bit set without an extension (RFC 6455, section 5.2)"
        case .unknownOpcode(let opcode): "reserved opcode \(opcode.rawValue) (RFC 6455, section 5.2)"
        case .fragmentedControl: "control frame without FIN: never fragmented (RFC 6455, section 5.5)"
        case .oversizeControl: "control frame over 125 bytes (RFC 6455, section 5.5)"
        case .unexpectedContinuation: "continuation frame, but no message is in progress (RFC 6455, section 5.4)"
        case .expectedContinuation: "new message before the last one's final fragment (RFC 6455, section 5.4)"
        case .invalidLength(.nonminimal): "length not in its shortest encoding (RFC 6455, section 5.2)"
        case .invalidLength(.topBitSet): "64-bit length with the top bit set (RFC 6455, section 5.2)"
        case .invalidUTF8: "text is not valid UTF-8 (RFC 6455, section 8.1)"
        case .invalidCompression: "message that does not decompress (RFC 7692, section 7.2.2)"
        case .badCloseCode(let code): "close code \(code) may not be sent (RFC 6455, section 7.4)"
        case .truncatedClose: "Close frame with half a code: one byte (RFC 6455, section 5.5.1)"
        case .frameTooBig(let limit): "frame over the limit of \(limit) bytes (RFC 6455, section 10.4)"
        case .messageTooBig(let limit): "message over the limit of \(limit) bytes (RFC 6455, section 10.4)"
        }
    }
}
