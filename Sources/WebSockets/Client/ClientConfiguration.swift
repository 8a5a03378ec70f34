public import Sockets
public import WebSocketProtocol

/// What a client requests and allows.
public struct ClientConfiguration: Sendable {
    /// Fields added to the request.
    public var fields = HTTPFields()
    /// Subprotocols offered, the preferred one first.
    public var subprotocols: [String] = []
    /// The `Origin` field.
    public var origin: String?
    /// The permessage-deflate offer (RFC 7692); nil offers nothing.
    public var compression: DeflateOptions?
    /// The limits of the connection.
    public var limits = ConnectionLimits()
    /// What encrypts the connections to `wss://` URLs, such as a `TLSContext`; those to `ws://` URLs are in clear.
    public var encryption: (any EncryptionSource)?
    /// Faults that the connection suffers, below the WebSocket layer; nil for none.
    public var faults: FaultPlan?

    /// The defaults: nothing beyond what the RFC requires.
    public init() {}
}
