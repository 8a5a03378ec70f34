import Sockets
public import WebSocketProtocol

/// Sends every message back.
public final class EchoHandler: ConnectionHandler {
    /// An echo for any number of connections.
    public init() {}

    /// Sends the message back.
    public func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        // A peer that does not read is held back by its own replies, so the buffer cannot be full here for long; a
        // reply that is refused all the same would be a silent gap, and the connection ends instead.
        if connection.send(kind, bytes) == .bufferFull {
            connection.close(.tryAgainLater, reason: "replies are not read")
        }
    }
}

/// Takes every message and answers none.
public final class SinkHandler: ConnectionHandler {
    /// A sink for any number of connections.
    public init() {}

    /// Drops the message.
    public func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {}
}

/// Sends a message to its connection at an interval and ignores what comes back; a full send buffer skips one.
public final class PushHandler: ConnectionHandler, @unchecked Sendable {
    private let message: String
    private let interval: Duration
    private var timer: Timer?

    /// A feed of text messages of `messageBytes` letters; one handler per connection.
    public init(messageBytes: Int = 1024, every interval: Duration = .milliseconds(100)) {
        message = String(repeating: "w", count: messageBytes)
        self.interval = interval
    }

    /// Sends the first message and begins to count the interval.
    public func opened(_ connection: Connection) {
        connection.send(message)
        // A message that was sent at once may have shown that the peer is gone.
        guard connection.isOpen else { return }
        timer = Timer(on: connection.loop, after: interval, every: interval) { [unowned connection, message] in
            connection.send(message)
        }
    }

    /// Drops the message.
    public func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {}

    /// Ends the feed.
    public func closed(_ connection: Connection, _ outcome: CloseOutcome) {
        timer?.cancel()
        timer = nil
    }
}
