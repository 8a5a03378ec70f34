import Sockets
import SystemCalls

/// The faults of one connection: which bytes of its backlog may not leave yet, and which message is lost.
///
/// Confined to the connection's loop. The loop holds on to it while bytes wait, and must not do so beyond the end of the
/// connection: see `end()`.
final class FaultInjector: Timed {
    let plan: FaultPlan
    /// The connection that owns this object. A weak reference would make every later reference to it slower.
    private unowned let connection: Connection
    /// How many of the connection's last bytes may not leave yet.
    private(set) var heldBytes = 0
    private var batches: [Batch] = []
    private var messagesLeft: Int?
    /// What has been done to the connection, if anything.
    private(set) var injected: FaultPlan.Failure?

    /// Bytes that leave together.
    private struct Batch {
        var begun: MonotonicTime
        var due: MonotonicTime
        var count: Int
    }

    /// The parts of a delay within which bytes share a batch, so that tiny messages do not cost more than their bytes.
    private static let batchesPerDelay = 64

    init(_ plan: FaultPlan, for connection: Connection) {
        self.plan = plan
        self.connection = connection
        messagesLeft = plan.messagesBeforeFailure
        super.init()
    }

    /// Whether bytes wait before they leave.
    var delays: Bool { (plan.delay ?? .zero) > .zero }

    /// Counts a message that is about to be sent; the failure that strikes instead, if one does.
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

    /// The connection has ended: nothing waits any more.
    func end() {
        batches = []
        heldBytes = 0
        connection.loop.setDeadline(of: self, to: .never)
    }
}
