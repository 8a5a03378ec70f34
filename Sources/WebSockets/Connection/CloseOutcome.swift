public import Sockets
public import SystemCalls
public import WebSocketProtocol

/// How a connection ended.
public struct CloseOutcome: Hashable, Sendable, CustomStringConvertible {
    /// What caused the end.
    public enum Cause: Hashable, Sendable {
        /// The peer began the closing handshake, and we answered.
        case peerClosed
        /// We began the closing handshake, and the peer answered.
        case locallyClosed
        /// The peer ended the stream without a Close frame.
        case endOfStream
        /// The connection was reset or broke.
        case broken(SystemCallError)
        /// The connection could not be encrypted, or not any more.
        ///
        /// Indirect: it is rare, and in place outcomes were so large that the heap grew with refused connects in
        /// `FlatnessTests.client`.
        indirect case encryptionFailed(EncryptionFailure)
        /// The peer broke the protocol; `code` is what we sent.
        case protocolFailure(ProtocolFailure)
        /// The opening handshake was refused or failed; names the limit if one was the cause.
        case handshakeFailure(status: Int, LimitName? = nil)
        /// A limit was reached.
        case limit(LimitName)
        /// Our side ended it at once, without a closing handshake.
        case aborted
    }

    /// What caused the end.
    public var cause: Cause
    /// The peer's close code: 1005 if its Close had none, 1006 if there was no Close (RFC 6455, section 7.1.5); for a
    /// protocol failure, the code that we sent.
    public var code: CloseCode
    /// The reason that came with the code.
    public var reason: String

    /// An end with a code and a reason.
    public init(_ cause: Cause, code: CloseCode = .abnormalClosure, reason: String = "") {
        self.cause = cause
        self.code = code
        self.reason = reason
    }

    /// Whether the closing handshake was completed (RFC 6455, section 7.1.4).
    public var isClean: Bool { cause == .peerClosed || cause == .locallyClosed }

    /// The limit that ended it; nil if it was something else.
    public var limit: LimitName? {
        switch cause {
        case .limit(let limit): limit
        case .handshakeFailure(_, let limit): limit
        case .protocolFailure(let failure):
            switch failure.kind {
            case .frameTooBig: .frame
            case .messageTooBig: .message
            default: nil
            }
        case .peerClosed, .locallyClosed, .endOfStream, .broken, .encryptionFailed, .aborted: nil
        }
    }

    /// What ended it, in printable words.
    public var description: String {
        switch cause {
        case .peerClosed: "the peer closed with \(code.rawValue)\(quotedReason)"
        case .locallyClosed: "closed with \(code.rawValue)\(quotedReason)"
        case .endOfStream: "the peer ended the stream without a Close frame"
        case .broken(let error): "the connection broke: \(error)"
        case .encryptionFailed(let failure): "\(failure)"
        case .protocolFailure(let failure): "the peer broke the protocol: \(failure)"
        case .handshakeFailure(let status, let limit):
            "the opening handshake was refused with HTTP status \(status)" + (limit.map { " (\($0.rawValue))" } ?? "")
        case .limit(let limit): "\(limit.rawValue) \(limit.isTime ? "ran out" : "was reached")"
        case .aborted: "ended at once by our side"
        }
    }

    private var quotedReason: String {
        reason.isEmpty ? "" : " \"\(reason.escapedForTerminal)\""
    }
}
