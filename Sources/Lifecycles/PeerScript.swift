public import Sockets
public import WebSocketProtocol

/// What the peers of one drive have in common.
public struct PeerScript: Sendable {
    /// Where the target listens.
    public var address: SocketAddress
    /// The `Host` field.
    public var hostField: String
    /// The path and query.
    public var target: String
    /// Fields added to the request.
    public var fields = HTTPFields()
    /// Subprotocols offered.
    public var subprotocols: [String] = []
    /// The `Origin` field.
    public var origin: String?
    /// The message that is sent.
    public var message = "watertight"
    /// The message that is sent compressed, so long that servers that spare short messages compress their answer too.
    public var compressedMessage = String(repeating: "watertight ", count: 200)
    /// Whether the target answers a message with one; if not, nobody waits for it.
    public var expectsReply = true
    /// How long the target may take over each step that is waited for.
    public var stepLimit: Duration = .seconds(5)
    /// How long the target may take to close TCP after the closing handshake before the peer does.
    public var endLimit: Duration = .seconds(2)

    /// A script for a target at `address`, asked for as `url`.
    public init(url: WebSocketURL, address: SocketAddress) {
        self.address = address
        hostField = url.hostField
        target = url.target
    }

    func handshake(_ lifecycle: Lifecycle) throws(ClientRequestError) -> ClientHandshake {
        try ClientHandshake(
            host: hostField, target: target, fields: fields, subprotocols: subprotocols, origin: origin,
            deflate: lifecycle.isCompressed ? Self.deflateOffer : nil)
    }

    /// What browsers offer: both ends may keep their context, and the server may choose windows.
    private static var deflateOffer: DeflateOptions {
        var options = DeflateOptions.contextTakeover
        options.minimumBytes = 0
        return options
    }
}
