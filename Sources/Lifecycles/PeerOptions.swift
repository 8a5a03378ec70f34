public import TLS
public import WebSocketProtocol

/// What the peers of a check ask for and say, whatever the lifecycle.
///
/// In templates `{n}` becomes the connection's number, from 1, among all that the driver makes, `{lifecycle}` the
/// lifecycle's name, and `{path}` the path of the handshake without its query; this gives many users or rooms. `{line}` becomes a
/// line of the values.
public struct PeerOptions: Sendable {
    /// The path and query, a template; nil for those of the URL.
    public var target: String?
    /// Fields added to each request, their values templates.
    public var fields = HTTPFields()
    /// Subprotocols offered.
    public var subprotocols: [String] = []
    /// The `Origin` field.
    public var origin: String?
    /// How the application speaks.
    public var opening = Opening()
    /// What `{line}` stands for, connection by connection, from the first again after the last: users, tokens.
    public var values: [String] = []

    /// What encrypts the connections to a `wss://` target.
    public var encryption: TLSContext?

    /// The options of a plain client.
    public init() {}
}
