public import Managers
import WebSocketProtocol

/// How a server assigns its connections to managers.
public struct ManagerConfiguration: Sendable {
    /// How many managers there may be, and when and how fast they are cleaned up.
    ///
    /// `maximumManagers` bounds them beside `ServerConfiguration.maximumConnections`.
    public var limits = ManagerLimits()
    /// What is idle, and for how long cleanups last, is by this clock.
    public var clock: any Clock<Duration> = ContinuousClock()
    /// Where in the opening handshake the user and the ids stand.
    public var identity = IdentitySource.query()
    /// What a client is told when a limit is reached.
    public var refusal = RefusalForm.status

    /// How a connection beyond a limit is refused.
    public enum RefusalForm: String, Hashable, Sendable, CaseIterable {
        /// HTTP 503 with `Retry-After`; cheap, but a browser's script does not see it.
        case status
        /// The opening handshake is completed and the connection closed with 1013 and the reason.
        case close
    }

    /// The defaults: 20 managers of a user, who is named by the query as in `/?user=alice&connection=c1`.
    public init() {}

    /// A defect of our choice, to show that tests notice it.
    package var defect: ManagerDefect?
}
