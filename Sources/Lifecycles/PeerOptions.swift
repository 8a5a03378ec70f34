public import WebSocketProtocol

/// What the peers of a check ask for and say, whatever the lifecycle.
///
/// In templates `{n}` stands for the connection's number, from 1, among all that the driver makes, and `{lifecycle}` for the
/// lifecycle's name; so that many users or rooms can be had.
public struct PeerOptions: Sendable {
    /// The path and query, a template; nil for those of the URL.
    public var target: String?
    /// Fields added to each request, their values templates.
    public var fields = HTTPFields()
    /// Subprotocols offered.
    public var subprotocols: [String] = []
    /// The `Origin` field.
    public var origin: String?
    /// What is sent first after every upgrade, such as to join or subscribe, a template.
    public var firstMessage: String?
    /// What makes the target close; nil for a frame that every server must refuse (RFC 6455, section 5.2).
    public var closingMessage: String?

    /// What a plain client asks for.
    public init() {}
}
