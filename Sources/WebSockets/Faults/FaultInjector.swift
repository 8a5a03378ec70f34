import Sockets
import SystemCalls

/// The faults of one connection: which bytes of its backlog may not leave yet, and which message is lost.
///
/// Confined to the connection's loop. The loop retains it while bytes wait, but must not do so beyond the end of the
/// connection: see `end()`.
final class FaultInjector: Timed {
    let plan: FaultPlan
    /// The connection that owns this object. A weak reference would slow down every later reference to it.
    private unowned let connection: Connection
    /// How many of the connection's last bytes may not leave yet.
    private(set) var heldBytes = 0
    private var batches: [Batch] = []
    private var messagesLeft: Int?
    /// The injected failure, if one was.
    private(set) var injected: FaultPlan.Failure?

    /// Bytes that leave together.
    private struct Batch {
        var begun: MonotonicTime
        var due: MonotonicTime
        var count: Int
    }

    /// Into how many batches a delay is divided: bytes within one leave together, so that tiny messages cost little
    /// more than their bytes.
    private static let batchesPerDelay = 64

    init(_ plan: FaultPlan, for connection: Connection) {
        self.plan = plan
        self.connection = connection
        messagesLeft = plan.messagesBeforeFailure
        super.init()
    }

    /// Whether bytes wait before they leave.
    var delays: Bool { (plan.delay ?? .zero) > .zero }

    /// Counts a message that is about to be sent; returns the failure that replaces it, if one does.
    func failureOfNextMessage() -> FaultPlan.Failure? {
        guard let left = messagesLeft else { return nil }
        guard left == 0 else {
            messagesLeft = left - 1
            return nil
        }
        messagesLeft = nil
        injected = plan.failure
        return plan.failure
    }

    /// Keeps the next `count` bytes of the backlog for the plan's delay, beginning now.
    func hold(_ count: Int) {
        guard let delay = plan.delay else { return }
        let now = MonotonicTime.now
        heldBytes += count
        if let last = batches.last, now - last.begun < delay / Self.batchesPerDelay {
            batches[batches.count - 1].due = now + delay
            batches[batches.count - 1].count += count
        } else {
            batches.append(Batch(begun: now, due: now + delay, count: count))
        }
        connection.loop.setDeadline(of: self, to: batches[0].due)
    }

    override func deadlineReached() {
        let now = connection.loop.turnStart
        let due = batches.prefix { $0.due <= now }
        heldBytes -= due.reduce(0) { $0 + $1.count }
        batches.removeFirst(due.count)
        if let next = batches.first {
            connection.loop.setDeadline(of: self, to: next.due)
        } else {
            batches = []
        }
        connection.flushBacklog()
    }

    /// The connection has ended: no bytes wait any more.
    func end() {
        batches = []
        heldBytes = 0
        connection.loop.setDeadline(of: self, to: .never)
    }
}
