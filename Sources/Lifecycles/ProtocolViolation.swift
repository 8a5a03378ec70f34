import WebSocketProtocol

/// Something that a target sent after the upgrade although RFC 6455 forbids it.
public struct ProtocolViolation: Hashable, Sendable, Codable {
    /// The rule that the target broke.
    public var rule: Rule
    /// The rule in words, with its section.
    public var ruleText: String
    /// Which Close frames had passed.
    public var moment: Moment
    /// The peer's step at that moment.
    public var step: Lifecycle.Step

    /// The rules that a server can break.
    public enum Rule: String, Hashable, Sendable, Codable, CaseIterable {
        /// A server masked a frame (section 5.1).
        case maskedFrame
        /// A reserved bit is set that no extension uses (section 5.2); most bytes that are not a frame look like this.
        case reservedBits
        /// An opcode that is reserved (section 5.2).
        case unknownOpcode
        /// A control frame without FIN (section 5.5).
        case fragmentedControl
        /// A control frame that announces more than 125 bytes (section 5.5).
        case oversizeControl
        /// A continuation or a new message out of turn (section 5.4).
        case fragmentOrder
        /// A length that the encoding forbids (section 5.2).
        case invalidLength
        /// Text, or a close reason, that is not UTF-8 (section 8.1).
        case invalidUTF8
        /// A message that does not decompress (RFC 7692, section 7.2.2).
        case invalidCompression
        /// A Close frame with a code that may not be sent, or half a code (sections 5.5.1 and 7.4).
        case badClose
        /// Data, or bytes that are not a frame, after the target's own Close frame (section 5.5.1).
        case bytesAfterClose
    }

    /// The progress of the closing handshake.
    public enum Moment: String, Hashable, Sendable, Codable {
        /// Neither side had sent a Close frame.
        case beforeClose
        /// The peer had sent its Close frame, the target had not.
        case afterPeerClose
        /// The target had sent its Close frame.
        case afterTargetClose
    }

    /// The violation behind a protocol failure; nil for one of this side's own limits, which is no violation.
    init?(_ failure: ProtocolFailure, _ moment: Moment, at step: Lifecycle.Step) {
        guard let rule = Rule(failure.kind) else { return nil }
        self.init(rule: rule, ruleText: "\(failure)", moment: moment, step: step)
    }

    /// Bytes after the target's Close frame.
    static func bytesAfterClose(at step: Lifecycle.Step) -> ProtocolViolation {
        ProtocolViolation(
            rule: .bytesAfterClose, ruleText: "nothing follows a Close frame (RFC 6455, section 5.5.1)",
            moment: .afterTargetClose, step: step)
    }

    private init(rule: Rule, ruleText: String, moment: Moment, step: Lifecycle.Step) {
        self.rule = rule
        self.ruleText = ruleText
        self.moment = moment
        self.step = step
    }
}

extension ProtocolViolation.Rule {
    fileprivate init?(_ reason: ProtocolFailure.Reason) {
        switch reason {
        case .maskedFrame: self = .maskedFrame
        case .reservedBits: self = .reservedBits
        case .unknownOpcode: self = .unknownOpcode
        case .fragmentedControl: self = .fragmentedControl
        case .oversizeControl: self = .oversizeControl
        case .unexpectedContinuation, .expectedContinuation: self = .fragmentOrder
        case .invalidLength: self = .invalidLength
        case .invalidUTF8: self = .invalidUTF8
        case .invalidCompression: self = .invalidCompression
        case .badCloseCode, .truncatedClose: self = .badClose
        // Only a client can commit the first; the others are limits of the peer.
        case .unmaskedFrame, .frameTooBig, .messageTooBig: return nil
        }
    }
}

extension ProtocolViolation: CustomStringConvertible {
    /// What the target sent and when, in words.
    public var description: String {
        let when =
            switch moment {
            case .beforeClose: ""
            case .afterPeerClose: "after the peer's Close "
            case .afterTargetClose: "after its Close "
            }
        let what = rule == .bytesAfterClose ? "bytes" : "what may not be sent"
        return "\(when)the target sent \(what) (\(step)): \(ruleText)"
    }
}
