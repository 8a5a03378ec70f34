public import Sockets
public import WebSocketProtocol

/// What the peers of a check ask for and say, whatever the lifecycle.
///
/// In templates `{n}` becomes the connection's number, from 1, among all that the driver makes, and `{lifecycle}` the
/// lifecycle's name; this gives many users or rooms.
public struct PeerOptions: Sendable {
    /// The path and query, a template; nil for those of the URL.
    public var target: String?
    /// Fields added to each request, their values templates.
    public var fields = HTTPFields()
    /// Subprotocols offered.
    public var subprotocols: [String] = []
    /// The `Origin` field.
    public var origin: String?
    /// The first message after every upgrade, such as to join or subscribe, a template.
    public var firstMessage: String?
    /// A message that makes the target close; nil for a frame that every server must refuse (RFC 6455, section 5.2).
    public var closingMessage: String?

    /// What encrypts the connections to a `wss://` target, such as a `TLSContext`.
    public var encryption: (any EncryptionSource)?

    /// The options of a plain client.
    public init() {}
}
