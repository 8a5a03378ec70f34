public import WebSocketProtocol

/// Every limit of one connection; none is infinite.
///
/// A peer can make a connection hold at most the sum of `handshake.maximumHeadBytes` (until it is open),
/// `messages.maximumMessageBytes`, one read window (`EventLoop.windowBytes`) while it is paused or held back, and
/// `sendBufferBytes` plus one message. All connections of a server together have a limit of their own,
/// `ServerConfiguration.maximumBufferedBytes`.
public struct ConnectionLimits: Sendable {
    /// Bytes and fields of the opening handshake.
    public var handshake = HandshakeLimits()
    /// Frame and message sizes.
    public var messages = MessageLimits()
    /// From the start of a TCP connect to its success, for clients.
    public var connectLimit: Duration = .seconds(10)
    /// From the TCP connection to the end of the opening handshake.
    public var handshakeLimit: Duration = .seconds(10)
    /// After this long without a byte from the peer, Pongs included, an open connection is closed with 1001; so is one
    /// whose peer takes no byte while its reading is paused.
    public var idleLimit: Duration = .seconds(120)
    /// After this long without a byte a Ping is sent; after as long again without an answer the connection is closed
    /// with 1011. Nil sends none.
    public var pingInterval: Duration? = .seconds(20)
    /// From our Close to the peer's, and from the last byte sent to the end of the stream.
    public var closeLimit: Duration = .seconds(5)
    /// Bytes waiting for a peer that does not read. At a quarter of it a server's reading pauses, so that an echo's own
    /// replies slow it down; at all of it a message is refused and a Ping is not answered.
    public var sendBufferBytes = 1 << 20

    /// The defaults.
    public init() {}
}

/// Limits that many connections have in common.
final class SharedLimits: Sendable {
    let limits: ConnectionLimits

    init(_ limits: ConnectionLimits) {
        self.limits = limits
    }
}

/// The limits by name; logs and outcomes name the one that ended a connection.
///
/// Each is the name of a property, of `ConnectionLimits`, `HandshakeLimits`, `MessageLimits`, `ServerConfiguration` or
/// `ManagerLimits`, except the last, which is the system's own.
public enum LimitName: String, Hashable, Sendable, CaseIterable {
    /// Time for the TCP connect.
    case connect = "connectLimit"
    /// Time for the opening handshake.
    case handshake = "handshakeLimit"
    /// Time without a byte from the peer.
    case idle = "idleLimit"
    /// Time for the answer to a Ping.
    case pong = "pingInterval"
    /// Time for the closing handshake.
    case close = "closeLimit"
    /// Bytes of a request's head.
    case head = "maximumHeadBytes"
    /// Fields of a request's head.
    case fields = "maximumFieldCount"
    /// Bytes of a frame.
    case frame = "maximumFrameBytes"
    /// Bytes of a message.
    case message = "maximumMessageBytes"
    /// Connections at a time: a new one was refused, or an unopened one evicted for it.
    case connections = "maximumConnections"
    /// Bytes that all connections hold together.
    case buffered = "maximumBufferedBytes"
    /// Managers of one user: a new connection was refused.
    case managersPerUser = "maximumManagersPerUser"
    /// Managers of all users: a new connection was refused.
    case managers = "maximumManagers"
    /// Connections of one manager: a new one was refused.
    case resourcesPerManager = "maximumResourcesPerManager"
    /// Descriptors of the process: an unopened connection was evicted for a new one.
    case descriptors = "RLIMIT_NOFILE"

    /// Whether it limits a time.
    var isTime: Bool {
        switch self {
        case .connect, .handshake, .idle, .pong, .close: true
        case .head, .fields, .frame, .message, .connections, .buffered, .managersPerUser, .managers,
            .resourcesPerManager, .descriptors:
            false
        }
    }
}
