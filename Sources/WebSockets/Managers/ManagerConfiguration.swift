public import Managers
import WebSocketProtocol

/// How a server assigns its connections to managers.
public struct ManagerConfiguration: Sendable {
    /// How many managers there may be, and when and how fast they are cleaned up.
    ///
    /// `maximumManagers` bounds them beside `ServerConfiguration.maximumConnections`.
    public var limits = ManagerLimits()
    /// The clock for idleness and cleanups.
    public var clock: any Clock<Duration> = ContinuousClock()
    /// Where the opening handshake names the user and the ids.
    public var identity = IdentitySource.query()
    /// How a client is refused when a limit is reached.
    public var refusal = RefusalForm.status

    /// How a connection beyond a limit is refused.
    public enum RefusalForm: String, Hashable, Sendable, CaseIterable {
        /// HTTP 503 with `Retry-After`; cheap, but a browser's script does not see it.
        case status
        /// The opening handshake is completed and the connection closed with 1013 and the reason.
        case close
    }

    /// The defaults: 20 managers per user; the query names the user, as in `/?user=alice&connection=c1`.
    public init() {}

    /// A planted defect, to show that tests detect it.
    package var defect: ManagerDefect?
}
