public import Sockets
import SystemCalls
public import WebSocketProtocol

/// A WebSocket connection for `async` code: an actor that lives on its event loop.
///
/// A task that prefers the loop (as those of `WebSocketServer.serve` do) suspends and resumes without leaving the
/// loop's thread. From anywhere else each call costs two hops. A connection that nobody refers to any more is closed
/// with 1001.
///
/// Whoever waits for something is told at once when its task is cancelled, and the connection lives on. What need not be
/// waited for is had by a cancelled task as well: the messages that have come, and how the connection has ended.
public actor AsyncConnection {
    /// The loop that is its executor.
    public nonisolated let loop: EventLoop
    /// The subprotocol that the handshake agreed upon.
    public nonisolated let subprotocol: String?
    /// What the handshake agreed upon about compression, if anything (RFC 7692).
    public nonisolated let compression: DeflateAgreement?
    let connection: Connection
    let mailbox: Mailbox

    /// The loop.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ connection: Connection, mailbox: Mailbox, subprotocol: String?) {
        loop = connection.loop
        self.connection = connection
        self.mailbox = mailbox
        self.subprotocol = subprotocol
        compression = connection.compression
    }

    /// The next message; nil once the connection has ended and every message was received.
    ///
    /// One task receives at a time. How the connection ended is in `outcome`. Nil as well when the task is cancelled and
    /// would have to wait; the message that comes then is the next receiver's.
    public func receive() async -> Message? {
        while true {
            switch mailbox.next(of: connection) {
            case .message(let message): return message
            case .end: return nil
            case .nothing:
                // The server's own task is cancelled by the end alone, which resumes it: a handler would cost a third of
                // all that a message costs.
                if mailbox.isServingTaskCurrent {
                    await withUnsafeContinuation { mailbox.setReceiver($0, of: connection) }
                } else {
                    guard await waitToReceive() else { return nil }
                }
            }
        }
    }

    /// Waits until receiving is worth another look; false when the task is cancelled before.
    @inline(never)
    private func waitToReceive() async -> Bool {
        let ticket = mailbox.ticket()
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { mailbox.setReceiver($0, ticket, of: connection) }
        } onCancel: {
            cancel(ticket)
        }
    }

    /// Sends a text message.
    ///
    /// Throws `SendFailure` when the send buffer is full, in which case `drained()` waits for room, or the connection
    /// no longer sends.
    public func send(_ text: String) throws(SendFailure) {
        try check(connection.send(text))
    }

    /// Sends a binary message; throws like `send(_:)` of text.
    public func send(_ bytes: [UInt8]) throws(SendFailure) {
        try check(connection.send(.binary, bytes.span.bytes))
    }

    /// Sends a message of the same kind with the same bytes; throws like `send(_:)` of text.
    public func send(_ message: Message) throws(SendFailure) {
        try check(message.withUnsafeBytes { connection.send(message.kind, $0.bytes) })
    }

    /// Sends a Ping with at most 125 bytes (RFC 6455, section 5.5.2).
    public func ping(_ payload: [UInt8] = []) throws(SendFailure) {
        guard connection.ping(payload) else { throw connection.isOpen ? .bufferFull : .closed }
    }

    /// Sends a Ping and waits for its Pong: the round trip, or nil when the connection ends or the task is cancelled first.
    ///
    /// Somebody must be receiving, or the Pong may wait behind messages that nobody takes.
    public func roundTrip(_ payload: [UInt8]) async throws(SendFailure) -> Duration? {
        let start = MonotonicTime.now
        let ticket = mailbox.ticket()
        let answered: Result<Bool, SendFailure> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                do throws(SendFailure) {
                    try ping(payload)
                    mailbox.addPongWaiter(payload, continuation, ticket)
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            cancel(ticket)
        }
        return try answered.get() ? start.elapsed : nil
    }

    /// Waits until a send buffer that was full enough to refuse a message, or to hold reading back, has drained.
    ///
    /// Throws when the task is cancelled before that.
    public func drained() async throws(CancellationError) {
        let ticket = mailbox.ticket()
        let hasDrained = await withTaskCancellationHandler {
            await withUnsafeContinuation { mailbox.addDrainWaiter($0, ticket, of: connection) }
        } onCancel: {
            cancel(ticket)
        }
        // Whoever sends until it succeeds would otherwise go round and round, and nothing would ever drain.
        guard hasDrained else { throw CancellationError() }
    }

    /// Begins the closing handshake and waits for its end, at most the connection's `closeLimit`, also in a task that is
    /// cancelled.
    ///
    /// Messages that still arrive can be received afterwards, as many as there is room for.
    @discardableResult
    public func close(_ code: CloseCode = .normalClosure, reason: String = "") async -> CloseOutcome {
        connection.close(code, reason: reason)
        // Whoever cleans up after having been cancelled must be able to.
        return await withUnsafeContinuation { mailbox.addCloseWaiter($0) }
    }

    /// Ends the connection at once, with a reset on the wire.
    public func closeNow() {
        connection.closeNow()
    }

    /// Waits until the connection has ended, by whichever side; throws when the task is cancelled before that.
    public func closed() async throws(CancellationError) -> CloseOutcome {
        let ticket = mailbox.ticket()
        let ended = await withTaskCancellationHandler {
            await withUnsafeContinuation { mailbox.addCloseWaiter($0, ticket) }
        } onCancel: {
            cancel(ticket)
        }
        guard let ended else { throw CancellationError() }
        return ended
    }

    /// From any thread, and before the wait has begun as well as after it has ended.
    private nonisolated func cancel(_ ticket: Mailbox.Ticket) {
        loop.execute { [mailbox] in mailbox.cancel(ticket) }
    }

    /// How the connection ended; nil while it has not.
    public var outcome: CloseOutcome? { mailbox.outcome }

    /// The peer's address; nil once the connection has ended.
    public var peerAddress: SocketAddress? { connection.peerAddress }

    private func check(_ outcome: SendOutcome) throws(SendFailure) {
        switch outcome {
        case .accepted: return
        case .bufferFull: throw .bufferFull
        case .closed: throw .closed
        }
    }

    /// Nobody can receive or close any more: the peer is told, instead of being kept until some limit runs out.
    deinit {
        loop.execute { [connection] in connection.close(.goingAway) }
    }
}

/// A message that was not sent.
public enum SendFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer reads too slowly and the send buffer is full.
    case bufferFull
    /// The connection has ended or is closing.
    case closed

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .bufferFull: "the send buffer is full because the peer reads too slowly: await drained() and send again"
        case .closed: "the connection is closed: its outcome says why"
        }
    }
}
