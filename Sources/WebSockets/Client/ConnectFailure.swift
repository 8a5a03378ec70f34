public import Sockets
public import WebSocketProtocol

/// A connection that did not open.
public enum ConnectFailure: Error, Sendable, CustomStringConvertible {
    /// No address of the host took the connection; the last one's error.
    case unreachable(SocketAddress, CloseOutcome)
    /// The server answered with something other than 101.
    case refused(ResponseHead)
    /// The answer is not a valid opening handshake.
    case invalidResponse(String)
    /// The stream ended, broke or fell silent during the opening handshake, or could not be encrypted.
    case ended(CloseOutcome)
    /// The URL asks for TLS, and the configuration has no encryption.
    case noEncryption

    /// What went wrong and, if known, what to do.
    public var description: String {
        switch self {
        case .unreachable(let address, let outcome):
            if case .broken(let error) = outcome.cause {
                "cannot connect to \(address): \(error)"
            } else {
                "cannot connect to \(address): \(outcome)"
            }
        case .refused(let head):
            "the server refused the upgrade with HTTP status \(head.status) \(head.reason.escapedForTerminal)"
        case .invalidResponse(let problem): "the server's opening handshake is invalid: \(problem.escapedForTerminal)"
        case .ended(let outcome):
            if case .encryptionFailed(let failure) = outcome.cause {
                "\(failure)"
            } else {
                "the opening handshake was not completed: \(outcome)"
            }
        case .noEncryption: "the URL asks for TLS: give ClientConfiguration.encryption, such as a TLSContext"
        }
    }
}
