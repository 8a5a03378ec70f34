import Sockets
import WebSocketProtocol

/// Messages for an async connection that are not received yet: bounded, and confined to the loop.
///
/// It takes control frames and the peer's end while no task receives, until it is full; then the connection pauses,
/// which slows the peer down.
///
/// Until a task's continuation is here, anything may happen at each `await`. So the check whether there is something to
/// wait for is made where the continuation is taken, and not before.
final class Mailbox: ConnectionHandler, @unchecked Sendable {
    @exclusivity(unchecked) private var messages: [Message?] = []
    @exclusivity(unchecked) private var next = 0
    @exclusivity(unchecked) private var heldBytes = 0
    @exclusivity(unchecked) private var receiver: Waiter<Bool>?
    /// Used instead of `receiver` if the task is the one that serves the connection.
    @exclusivity(unchecked) private var server: UnsafeContinuation<Void, Never>?
    @exclusivity(unchecked) private var drainWaiters: [Waiter<Bool>] = []
    @exclusivity(unchecked) private var closeWaiters: [Waiter<CloseOutcome?>] = []
    @exclusivity(unchecked) private var closers: [UnsafeContinuation<CloseOutcome, Never>] = []
    @exclusivity(unchecked) private var pongWaiters = PongWaiters()
    @exclusivity(unchecked) private var lastTicket: Ticket = 0
    @exclusivity(unchecked) private(set) var outcome: CloseOutcome?
    @exclusivity(unchecked) private var isPulling = false
    /// Identifies the task that serves the connection, while it does; 0 for a client.
    @exclusivity(unchecked) var servingTask: UInt = 0
    /// Called once when the connection has ended.
    @exclusivity(unchecked) var ended: (() -> Void)?

    /// Identifies one wait among all of the connection.
    typealias Ticket = UInt64

    /// A waiting task, which can be cancelled.
    private struct Waiter<Value> {
        let ticket: Ticket
        let continuation: UnsafeContinuation<Value, Never>
    }

    /// Messages kept for a busy receiver before the connection pauses.
    static let maximumMessages = 64
    static let maximumBytes = 256 * 1024

    private var isFull: Bool { messages.count - next >= Self.maximumMessages || heldBytes >= Self.maximumBytes }

    /// Messages may arrive together with the opening handshake: the task that awaited it must get the first before the
    /// next is parsed.
    func opened(_ connection: Connection) {
        connection.holdForTask()
        connection.loop.claimStep(for: connection)
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        // Once we have sent a Close, reading cannot pause, or the peer's Close would never be read.
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

    /// Parses held input up to the next message, for a receiver that has none to take.
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
        // Last, because it may cancel a waiting task, which must first learn of the end.
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

    /// The next message, the end if there is none, or nothing yet.
    func next(of connection: Connection) -> Next {
        while true {
            if let message = take(from: connection) { return .message(message) }
            if outcome != nil { return .end }
            guard connection.life.holds.contains(.receiver) else { return .nothing }
            pull(from: connection)
        }
    }

    /// The next message, if one is here; resumes reading if that made room.
    private func take(from connection: Connection) -> Message? {
        guard next < messages.count, let message = messages[next].take() else { return nil }
        next += 1
        heldBytes -= message.count
        connection.undeliveredBytes = heldBytes
        connection.accountForBuffers()
        if next == messages.count {
            if next == 1 {
                // The common case, and cheaper.
                messages.removeLast()
            } else {
                messages.removeAll(keepingCapacity: next <= Self.maximumMessages)
            }
            next = 0
            connection.resume()
        } else if next >= Self.maximumMessages {
            // If the receiver never quite catches up, consumed places must not pile up.
            messages.removeFirst(next)
            next = 0
        }
        // The receiver acts on it now; after its turn the connection continues by itself.
        if connection.life.holds.contains(.receiver) { connection.loop.claimStep(for: connection) }
        return message
    }

    /// Occupied places, including those of messages already delivered.
    var keptCount: Int { messages.count }

    // MARK: Waiting

    /// A ticket for a wait that is about to begin.
    ///
    /// The waiting task may be cancelled before its continuation is here. `cancel` then finds no waiter, and adding the
    /// continuation finds the task cancelled: that happened before `cancel`, which also runs on the loop.
    func ticket() -> Ticket {
        lastTicket += 1
        return lastTicket
    }

    /// Ends the wait with that ticket, if it has not ended.
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

    /// The identity of the current task: its address, because hashing the task costs a tenth of a message.
    static var currentTask: UInt {
        withUnsafeCurrentTask { task in task.map { unsafeBitCast($0, to: UInt.self) } ?? 0 }
    }

    /// Whether the current task is the one that serves the connection, and not cancelled.
    var isServingTaskCurrent: Bool {
        servingTask != 0 && Self.currentTask == servingTask && !Task.isCancelled
    }

    /// Resumes the continuation once there is something to take, to pull, or the end.
    func setReceiver(_ continuation: UnsafeContinuation<Void, Never>, of connection: Connection) {
        precondition(receiver == nil && server == nil, "two tasks receive from one connection")
        let mustWait = messages.isEmpty && outcome == nil && !connection.life.holds.contains(.receiver)
        if mustWait { server = continuation } else { continuation.resume() }
    }

    /// Resumes the continuation once there is something to take, to pull, or the end; with false if it is cancelled.
    func setReceiver(_ continuation: UnsafeContinuation<Bool, Never>, _ ticket: Ticket, of connection: Connection) {
        precondition(receiver == nil && server == nil, "two tasks receive from one connection")
        let mustWait = messages.isEmpty && outcome == nil && !connection.life.holds.contains(.receiver)
        guard mustWait, !Task.isCancelled else { return continuation.resume(returning: !mustWait) }
        receiver = Waiter(ticket: ticket, continuation: continuation)
    }

    /// Resumes the continuation once a full send buffer has drained or the connection has ended; with false if it is
    /// cancelled.
    func addDrainWaiter(_ continuation: UnsafeContinuation<Bool, Never>, _ ticket: Ticket, of connection: Connection) {
        let mustWait = outcome == nil && connection.life.awaitsDrain
        guard mustWait, !Task.isCancelled else { return continuation.resume(returning: !mustWait) }
        drainWaiters.append(Waiter(ticket: ticket, continuation: continuation))
    }

    /// Resumes the continuation once the connection has ended; with nil if it is cancelled.
    func addCloseWaiter(_ continuation: UnsafeContinuation<CloseOutcome?, Never>, _ ticket: Ticket) {
        guard outcome == nil, !Task.isCancelled else { return continuation.resume(returning: outcome) }
        closeWaiters.append(Waiter(ticket: ticket, continuation: continuation))
    }

    /// Resumes the continuation once the connection has ended.
    func addCloseWaiter(_ continuation: UnsafeContinuation<CloseOutcome, Never>) {
        if let outcome { continuation.resume(returning: outcome) } else { closers.append(continuation) }
    }

    /// Resumes the continuation with whether the Pong to the Ping just sent comes before the end and before a
    /// cancellation.
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
