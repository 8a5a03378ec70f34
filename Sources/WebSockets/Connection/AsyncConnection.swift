public import Sockets
import SystemCalls
public import WebSocketProtocol

/// A WebSocket connection for `async` code: an actor that lives on its event loop.
///
/// A task that prefers the loop (like those of `WebSocketServer.serve`) suspends and resumes without leaving the loop's
/// thread. From elsewhere each call costs two hops. A connection without references is closed with 1001.
///
/// Cancelling a task ends its wait at once, and the connection lives on. A cancelled task still gets what needs no
/// waiting: messages that have arrived, and how the connection ended.
public actor AsyncConnection {
    /// The loop that is its executor.
    public nonisolated let loop: EventLoop
    /// The negotiated subprotocol.
    public nonisolated let subprotocol: String?
    /// The negotiated compression, if any (RFC 7692).
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

    /// What the encryption's two ends have agreed on; nil if there is none, or once the connection has ended.
    public var encryptionSummary: EncryptionSummary? { connection.encryptionSummary }

    /// The next message; nil once the connection has ended and every message was received.
    ///
    /// One task receives at a time. `outcome` says how the connection ended. Also nil if the task is cancelled and
    /// would have to wait; the next message then goes to the next receiver.
    public func receive() async -> Message? {
        while true {
            switch mailbox.next(of: connection) {
            case .message(let message): return message
            case .end: return nil
            case .nothing:
                // Only the connection's end cancels the server's own task, and resumes it: a cancellation handler would
                // cost a third of a message.
                if mailbox.isServingTaskCurrent {
                    await withUnsafeContinuation { mailbox.setReceiver($0, of: connection) }
                } else {
                    guard await waitToReceive() else { return nil }
                }
            }
        }
    }

    /// Waits until receiving may succeed; false if the task is cancelled before.
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
    /// Throws `SendFailure` if the send buffer is full (`drained()` waits for room) or the connection no longer sends.
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

    /// Sends a Ping and waits for its Pong: the round trip, or nil if the connection ends or the task is cancelled
    /// first.
    ///
    /// A task must be receiving, or the Pong may wait behind messages that none takes.
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

    /// Waits until a send buffer that was full enough to refuse a message or to pause reading has drained.
    ///
    /// Throws if the task is cancelled before that.
    public func drained() async throws(CancellationError) {
        let ticket = mailbox.ticket()
        let hasDrained = await withTaskCancellationHandler {
            await withUnsafeContinuation { mailbox.addDrainWaiter($0, ticket, of: connection) }
        } onCancel: {
            cancel(ticket)
        }
        // A loop that sends until it succeeds would otherwise spin, and nothing would drain.
        guard hasDrained else { throw CancellationError() }
    }

    /// Begins the closing handshake and waits for its end, at most the connection's `closeLimit`, even in a cancelled
    /// task.
    ///
    /// Messages that still arrive can be received afterwards, as far as there is room.
    @discardableResult
    public func close(_ code: CloseCode = .normalClosure, reason: String = "") async -> CloseOutcome {
        connection.close(code, reason: reason)
        // A cancelled task must be able to clean up.
        return await withUnsafeContinuation { mailbox.addCloseWaiter($0) }
    }

    /// Ends the connection at once, with a reset on the wire.
    public func closeNow() {
        connection.closeNow()
    }

    /// Ends the stream with no Close frame, as the system does for a process that is killed.
    public func closeStream() {
        connection.closeStream()
    }

    /// Neither reads, sends nor ends from now on, as a peer whose network is gone, until `closeNow()`.
    public func vanish() {
        connection.vanish()
    }

    /// Waits until the connection has ended, from either side; throws if the task is cancelled before that.
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

    /// Callable from any thread, before the wait has begun and after it has ended.
    private nonisolated func cancel(_ ticket: Mailbox.Ticket) {
        loop.execute { [mailbox] in mailbox.cancel(ticket) }
    }

    /// How the connection ended; nil until then.
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

    /// No reference is left to receive or close: close now, instead of keeping the peer until some limit expires.
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
