import WebSockets

/// Which way a connection went, seen from the server.
enum ObservedLifecycle: String, Hashable, CaseIterable {
    case cleanClose = "clean-close"
    case bareTCP = "bare-tcp"
    case fin
    case reset
    case vanishHandshake = "vanish-handshake"
    case protocolError = "protocol-error"

    init?(_ connection: Connection, _ outcome: CloseOutcome) {
        if connection.bytesReceived == 0 {
            self = .bareTCP
        } else if outcome.isClean {
            self = .cleanClose
        } else if case .protocolFailure = outcome.cause {
            self = .protocolError
        } else if connection.messagesReceived == 0 {
            self = .vanishHandshake
        } else {
            switch outcome.cause {
            case .endOfStream: self = .fin
            case .broken: self = .reset
            default: return nil
            }
        }
    }
}
