public import WebSocketProtocol

/// What an application does with connections, as callbacks on the event loop's thread.
///
/// The fastest way to use a connection: bytes are borrowed from the loop's own buffer, nothing is copied and no task is
/// switched. Never block in a callback. `send`, `ping` and `close` may end the connection and call `closed` before they
/// return, also from within `opened`. For `async` code see `AsyncConnection`.
public protocol ConnectionHandler: AnyObject, Sendable {
    /// The opening handshake is complete.
    func opened(_ connection: Connection)
    /// A message has arrived; `bytes` are valid UTF-8 if `kind` is text, and valid only until you return.
    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection)
    /// A Pong has arrived (RFC 6455, section 5.5.3).
    func receivedPong(_ bytes: RawSpan, on connection: Connection)
    /// The send buffer has drained after it was full enough to pause reading or to refuse a message.
    func writable(_ connection: Connection)
    /// The connection has ended; its descriptor is closed. Not called if it never was open.
    func closed(_ connection: Connection, _ outcome: CloseOutcome)
}

extension ConnectionHandler {
    /// Does nothing.
    public func opened(_ connection: Connection) {}
    /// Does nothing.
    public func receivedPong(_ bytes: RawSpan, on connection: Connection) {}
    /// Does nothing.
    public func writable(_ connection: Connection) {}
    /// Does nothing.
    public func closed(_ connection: Connection, _ outcome: CloseOutcome) {}
}

/// What became of a message given to `send`.
public enum SendOutcome: Hashable, Sendable {
    /// It is on its way or in the send buffer.
    case accepted
    /// The send buffer is full: nothing was taken. Wait for `writable`.
    case bufferFull
    /// The connection no longer sends.
    case closed
}
