public import Sockets
public import WebSocketProtocol

/// What a server binds, speaks and allows.
public struct ServerConfiguration: Sendable {
    /// The host to listen on: an address or a name. Loopback by default.
    public var host = "127.0.0.1"
    /// The port; 0 asks for a free one.
    public var port: UInt16 = 0
    /// How the listening socket is set up.
    public var listen = ListenOptions()
    /// Event loops, each with a thread and a listening socket of its own (`SO_REUSEPORT`); the kernel spreads the
    /// connections over them.
    ///
    /// With more than one, shared handlers and the closures below are called on several threads.
    public var loops = 1
    /// Open connections at a time; the next is answered with 503 and `Retry-After`.
    ///
    /// Including those that are not open yet there may be 64 more. When all these places are taken, a connection that
    /// has not completed its opening handshake within a second is evicted for the next.
    public var maximumConnections = 10_000
    /// Bytes of memory that all connections together may hold for incomplete input and unread output; beyond it, the
    /// connection that holds most is closed with 1013, or reset.
    public var maximumBufferedBytes = 512 << 20
    /// The limits of each connection.
    public var limits = ConnectionLimits()
    /// Subprotocols this server speaks; the first of the client's list that is among them is chosen
    /// (RFC 6455, section 4.2.2).
    public var subprotocols: [String] = []
    /// What to negotiate if a client offers permessage-deflate (RFC 7692); nil declines it. By default neither end
    /// keeps context, so that an idle connection costs nothing.
    public var compression: DeflateOptions? = DeflateOptions()
    /// What encrypts its connections, such as a `TLSContext`; nil serves them in clear.
    public var encryption: (any EncryptionSource)?
    /// Hands each connection to its user's managers; nil, the default, manages none.
    public var managers: ManagerConfiguration?
    /// Faults that its connections suffer, below the WebSocket layer; nil for none.
    public var faults: FaultPlan?
    /// Answers a request that does not request WebSocket; by default 426 with a line of explanation.
    public var httpResponse: @Sendable (RequestHead) -> HTTPResponse = { _ in .upgradeRequired }
    /// Refuses a valid opening handshake with an HTTP answer, after a look at its path, origin or fields; nil admits
    /// it.
    public var refusal: @Sendable (RequestHead) -> HTTPResponse? = { _ in nil }
    /// Called on the connection's loop when it ends, while its descriptor is still open.
    public var connectionEnds: (@Sendable (Connection, CloseOutcome) -> Void)?

    /// The defaults: a free port of 127.0.0.1.
    public init() {}
}

/// An opening handshake that the server has accepted.
public struct Upgrade: Sendable {
    /// The client's request: its path, query, origin and fields.
    public let request: RequestHead
    /// The negotiated subprotocol.
    public let subprotocol: String?
}

extension HTTPResponse {
    /// The answer to a plain HTTP request.
    public static var upgradeRequired: HTTPResponse {
        HTTPResponse(
            status: 426, fields: HTTPFields(),
            text: "This is a WebSocket server. Connect with a WebSocket client, for example: watertight connect URL\n")
    }

    /// The answer when the server has as many connections as allowed.
    static var overCapacity: HTTPResponse {
        var fields = HTTPFields()
        fields.append(name: "Retry-After", value: "1")
        return HTTPResponse(status: 503, fields: fields, text: "The server has no room for another connection.\n")
    }
}
