extension WebSocketMachine {
    /// How far a connection has come (RFC 6455, section 7).
    public enum State: Hashable, Sendable {
        /// Messages pass in both directions.
        case open
        /// Our Close frame is out, with this code; the peer's messages still arrive (section 7.1.3).
        case closeSent(CloseCode)
        /// The peer's Close frame came, with this code, and ours is out too: the closing handshake is complete.
        case closeReceived(CloseCode)
        /// The peer broke a rule: the connection is failed and its input discarded (section 7.1.7).
        case failed(ProtocolFailure)
        /// The stream ended, or was abandoned, before the closing handshake was complete (section 7.1.5, code 1006).
        case lost

        /// Whether input is still read; otherwise it is discarded.
        public var mayReceive: Bool {
            switch self {
            case .open, .closeSent: true
            case .closeReceived, .failed, .lost: false
            }
        }

        /// Whether messages, Pings and a Close frame may still be sent.
        public var maySend: Bool { self == .open }

        /// Whether both Close frames have passed; a server then closes the stream first (section 7.1.1).
        public var isClosingHandshakeComplete: Bool {
            if case .closeReceived = self { true } else { false }
        }
    }
}
