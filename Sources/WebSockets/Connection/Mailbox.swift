import Sockets
import WebSocketProtocol

/// What has arrived for an async connection and has not been received yet: bounded, and confined to the loop.
///
/// It goes on taking control frames and the peer's end while nobody receives, until it is full; then the connection
/// pauses and the peer is held back.
///
/// A task may be suspended, and anything happen, at each `await` up to the moment in which its continuation is here. So
/// whether there is something to wait for is asked where the continuation is taken, and nowhere before.
final class Mailbox: ConnectionHandler, @unchecked Sendable {
    @exclusivity(unchecked) private var messages: [Message?] = []
    @exclusivity(unchecked) private var next = 0
    @exclusivity(unchecked) private var heldBytes = 0
    @exclusivity(unchecked) private var receiver: Waiter<Bool>?
    /// In the place of `receiver` where the task is the one that serves the connection.
    @exclusivity(unchecked) private var server: UnsafeContinuation<Void, Never>?
    @exclusivity(unchecked) private var drainWaiters: [Waiter<Bool>] = []
    @exclusivity(unchecked) private var closeWaiters: [Waiter<CloseOutcome?>] = []
    @exclusivity(unchecked) private var closers: [UnsafeContinuation<CloseOutcome, Never>] = []
    @exclusivity(unchecked) private var pongWaiters = PongWaiters()
    @exclusivity(unchecked) private var lastTicket: Ticket = 0
    @exclusivity(unchecked) private(set) var outcome: CloseOutcome?
    @exclusivity(unchecked) private var isPulling = false
    /// What tells the task that serves the connection from others, for as long as it does; 0 for a client.
    @exclusivity(unchecked) var servingTask: UInt = 0
    /// Called once when the connection has ended.
    @exclusivity(unchecked) var ended: (() -> Void)?

    /// What tells one wait from all others of the connection.
    typealias Ticket = UInt64

    /// A task that waits, and can be told that it need not any more.
    private struct Waiter<Value> {
        let ticket: Ticket
        let continuation: UnsafeContinuation<Value, Never>
    }

    /// What is kept for a receiver that is elsewhere before the peer is held back.
    static let maximumMessages = 64
    static let maximumBytes = 256 * 1024

    private var isFull: Bool { messages.count - next >= Self.maximumMessages || heldBytes >= Self.maximumBytes }

    /// Messages may have come together with the opening handshake: whoever awaited that is to have the first of them
    /// before the next is parsed.
    func opened(_ connection: Connection) {
        connection.holdForTask()
        connection.loop.claimStep(for: connection)
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        // Once we have sent a Close the peer cannot be held back, or its own Close would never be read.
        if isFull && !connection.isOpen { return }
        messages.append(Message(kind, bytes))
        heldBytes += bytes.byteCount
        connection.undeliveredBytes = heldBytes
        if isFull { connection.pause() }
        if let server = server.take() {
            connection.holdForTask()
            server.resume()
        } else if let receiver = receiver.take() {
            connection.holdForTask()
            receiver.continuation.resume(returning: true)
        } else if isPulling {
            connection.holdForTask()
        } else {
            connection.accountForBuffers()
        }
    }

    /// Parses what the connection holds up to the next message, for a receiver that has none to take.
    private func pull(from connection: Connection) {
        isPulling = true
        connection.releaseForTask()
        isPulling = false
    }

    /// A Pong answers the Ping with its bytes and, by implication, those before it (RFC 6455, section 5.5.3).
    func receivedPong(_ bytes: RawSpan, on connection: Connection) {
        for waiter in pongWaiters.answered(by: bytes.withUnsafeBytes { Array($0) }) {
            waiter.resume(returning: .success(true))
        }
    }

    func writable(_ connection: Connection) {
        resumeDrainWaiters()
    }

    func closed(_ connection: Connection, _ outcome: CloseOutcome) {
        self.outcome = outcome
        if outcome.limit == .buffered {
            messages = []
            next = 0
            heldBytes = 0
        }
        server.take()?.resume()
        receiver.take()?.continuation.resume(returning: true)
        resumeDrainWaiters()
        let (waiters, closers) = (closeWaiters, closers)
        closeWaiters = []
        self.closers = []
        for waiter in waiters { waiter.continuation.resume(returning: outcome) }
        for closer in closers { closer.resume(returning: outcome) }
        for waiter in pongWaiters.all() { waiter.resume(returning: .success(false)) }
        // Last, because it may cancel a task that waits, and that is to learn of the end.
        ended?()
        ended = nil
    }

    /// What there is for a receiver.
    enum Next {
        case message(Message)
        case end
        /// It must wait.
        case nothing
    }

    /// The next message, the end once there is none, or nothing yet.
    func next(of connection: Connection) -> Next {
        while true {
            if let message = take(from: connection) { return .message(message) }
            if outcome != nil { return .end }
            guard connection.isHeldForTask else { return .nothing }
            pull(from: connection)
        }
    }

    /// The next message, if one is here; lets the peer go on when that made room.
    private func take(from connection: Connection) -> Message? {
        guard next < messages.count, let message = messages[next].take() else { return nil }
        next += 1
        heldBytes -= message.count
        connection.undeliveredBytes = heldBytes
        connection.accountForBuffers()
        if next == messages.count {
            if next == 1 {
                // Nearly always, and cheaper.
                messages.removeLast()
            } else {
                messages.removeAll(keepingCapacity: next <= Self.maximumMessages)
            }
            next = 0
            if connection.isPaused { connection.resume() }
        } else if next >= Self.maximumMessages {
            // A receiver that never quite catches up must not leave a growing trail.
            messages.removeFirst(next)
            next = 0
        }
        // The receiver acts on it now; when it has had its turn the connection goes on by itself.
        if connection.isHeldForTask { connection.loop.claimStep(for: connection) }
        return message
    }

    /// Places that are taken, those of messages already handed out included.
    var keptCount: Int { messages.count }

    // MARK: Waiting

    /// A ticket for a wait that is about to begin.
    ///
    /// The task that waits may be cancelled before its continuation is here. `cancel` then finds nobody, and whoever brings
    /// the continuation is told that the task is cancelled: it was before it came to `cancel`, which runs on the loop, too.
    func ticket() -> Ticket {
        lastTicket += 1
        return lastTicket
    }

    /// Ends the wait with that ticket, if it still goes on.
    func cancel(_ ticket: Ticket) {
        if receiver?.ticket == ticket {
            receiver.take()?.continuation.resume(returning: false)
        } else if let index = drainWaiters.firstIndex(where: { $0.ticket == ticket }) {
            drainWaiters.remove(at: index).continuation.resume(returning: false)
        } else if let index = closeWaiters.firstIndex(where: { $0.ticket == ticket }) {
            closeWaiters.remove(at: index).continuation.resume(returning: nil)
        } else {
            pongWaiters.cancel(ticket)?.resume(returning: .success(false))
        }
    }

    /// The identity of the task that runs: its address, because to hash it costs a tenth of what a message does.
    static var currentTask: UInt {
        withUnsafeCurrentTask { task in task.map { unsafeBitCast($0, to: UInt.self) } ?? 0 }
    }

    /// Whether the task that runs is the one that serves the connection, and not cancelled.
    var isServingTaskCurrent: Bool {
        servingTask != 0 && Self.currentTask == servingTask && !Task.isCancelled
    }

    /// Resumes the continuation once there is something to take, to pull, or the end.
    func setReceiver(_ continuation: UnsafeContinuation<Void, Never>, of connection: Connection) {
        precondition(receiver == nil && server == nil, "two tasks receive from one connection")
        let mustWait = messages.isEmpty && outcome == nil && !connection.isHeldForTask
        if mustWait { server = continuation } else { continuation.resume() }
    }

    /// Resumes the continuation once there is something to take, to pull, or the end; with false when it is cancelled.
    func setReceiver(_ continuation: UnsafeContinuation<Bool, Never>, _ ticket: Ticket, of connection: Connection) {
        precondition(receiver == nil && server == nil, "two tasks receive from one connection")
        let mustWait = messages.isEmpty && outcome == nil && !connection.isHeldForTask
        guard mustWait, !Task.isCancelled else { return continuation.resume(returning: !mustWait) }
        receiver = Waiter(ticket: ticket, continuation: continuation)
    }

    /// Resumes the continuation once a full send buffer has drained or the connection has ended; with false when it is
    /// cancelled.
    func addDrainWaiter(_ continuation: UnsafeContinuation<Bool, Never>, _ ticket: Ticket, of connection: Connection) {
        let mustWait = outcome == nil && (connection.isRefused || connection.isHeldBack)
        guard mustWait, !Task.isCancelled else { return continuation.resume(returning: !mustWait) }
        drainWaiters.append(Waiter(ticket: ticket, continuation: continuation))
    }

    /// Resumes the continuation once the connection has ended; with nil when it is cancelled.
    func addCloseWaiter(_ continuation: UnsafeContinuation<CloseOutcome?, Never>, _ ticket: Ticket) {
        guard outcome == nil, !Task.isCancelled else { return continuation.resume(returning: outcome) }
        closeWaiters.append(Waiter(ticket: ticket, continuation: continuation))
    }

    /// Resumes the continuation once the connection has ended.
    func addCloseWaiter(_ continuation: UnsafeContinuation<CloseOutcome, Never>) {
        if let outcome { continuation.resume(returning: outcome) } else { closers.append(continuation) }
    }

    /// Resumes the continuation with whether the Pong to a Ping that has just been sent comes before the end, and before
    /// it is cancelled.
    func addPongWaiter(_ payload: [UInt8], _ continuation: PongWaiters.Continuation, _ ticket: Ticket) {
        guard outcome == nil else { return continuation.resume(returning: .success(false)) }
        pongWaiters.add(payload, continuation, ticket)
        if Task.isCancelled { cancel(ticket) }
    }

    private func resumeDrainWaiters() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.continuation.resume(returning: true) }
    }
}
