import Sockets
public import WebSocketProtocol

/// Sends every message back.
public final class EchoHandler: ConnectionHandler {
    /// An echo for any number of connections.
    public init() {}

    /// Sends the message back.
    public func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        // Its own replies slow down a peer that does not read, so the buffer cannot be full here for long. A refused
        // reply would be a silent gap, so the connection ends instead.
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

/// Sends a message to its connection at an interval and ignores input; a full send buffer skips one.
public final class PushHandler: ConnectionHandler, @unchecked Sendable {
    private let message: String
    private let interval: Duration
    private var timer: Timer?

    /// A feed of text messages of `messageBytes` letters; one handler per connection.
    public init(messageBytes: Int = 1024, every interval: Duration = .milliseconds(100)) {
        message = String(repeating: "w", count: messageBytes)
        self.interval = interval
    }

    /// Sends the first message and starts the interval.
    public func opened(_ connection: Connection) {
        connection.send(message)
        // Sending may have shown that the peer is gone.
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
