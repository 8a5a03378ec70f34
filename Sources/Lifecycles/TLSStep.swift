public import TLS

extension Lifecycle {
    /// One act of the peer, or one wait for the target, that is about TLS.
    public enum TLSStep: Hashable, Sendable, Codable, CustomStringConvertible {
        /// Sends a ClientHello, of which nothing follows.
        case hello(ClientHelloForm)
        /// Waits for what answers a ClientHello, and reads it.
        case awaitServerHello
        /// Completes the handshake; the peer that trusts nobody ends it.
        case handshake(TLSHandshakeKind)
        /// Begins no TLS: what is sent goes in clear.
        case off
        /// Sends close_notify (RFC 8446, section 6.1).
        case closeNotify
        /// Sends no close_notify at the end, as it would where both Close frames were exchanged.
        case closeNotifyOff
        /// Sends a record that is wrong.
        case record(TLSRecordFault)
        /// Sends so many KeyUpdates that ask for one back.
        case updateKeys(Int)
        /// Sends a ClientHello within the session.
        case renegotiate

        /// Whether it lasts until the target acts.
        var isWait: Bool {
            switch self {
            case .awaitServerHello, .handshake: true
            default: false
            }
        }

        /// Whether it begins what the peer otherwise begins by itself, or does without.
        var isBeginning: Bool {
            switch self {
            case .hello, .handshake, .off: true
            default: false
            }
        }

        /// The step in words, for a report of what went wrong.
        public var description: String {
            switch self {
            case .awaitServerHello: "waiting for the ServerHello"
            case .handshake: "waiting for the TLS handshake"
            default: "sending"
            }
        }
    }

    /// Whether it is about TLS, and takes place on a `wss` target only.
    public var needsTLS: Bool { steps.contains { if case .tls = $0 { true } else { false } } }

    /// Whether each connection leaves a session that only the target can keep for peers to resume, as no ticket stands for it.
    public var fillsSessionCache: Bool { steps.contains(.tls(.handshake(.uncached))) }
}
