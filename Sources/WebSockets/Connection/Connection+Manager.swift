public import Managers
import Sockets
import WebSocketProtocol

/// What a connection's manager calls: unlike the rest of `Connection`, from any thread.
extension Connection: ManagedResource {
    /// Begins the closing handshake with the code that fits the reason.
    public func beginClosing(for reason: CleanupReason) {
        loop.execute { [self] in close(reason.closeCode, reason: "\(reason.rawValue) cleanup") }
    }

    /// Resets the connection.
    public func closeHard() {
        loop.execute { [self] in closeNow() }
    }
}

extension CleanupReason {
    /// The close code for a peer whose manager is cleaned up (RFC 6455, section 7.4.1).
    var closeCode: CloseCode {
        switch self {
        case .released, .requested: .normalClosure
        case .forced: .policyViolation
        case .proactive, .background, .shutdown: .goingAway
        case .emergency: .tryAgainLater
        }
    }
}
