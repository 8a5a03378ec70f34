import CLinux
import Glibc
import Synchronization
public import SystemCalls

/// One thread around one epoll instance; channels, deadlines and Swift tasks all run on it, one after another.
///
/// It is a serial executor and a task executor at once: an actor on the loop, in a task that prefers the loop, suspends
/// and resumes without leaving the thread.
public final class EventLoop: @unchecked Sendable {
    /// The size of the read window that all channels of the loop share, in bytes.
    public static let windowBytes = 256 * 1024

    @exclusivity(unchecked) var poller: Poller
    /// What other threads submit.
    let submitted = Locked(SubmittedWork())
    /// The loop's thread; 0 until it runs.
    let threadHandle = Atomic<UInt>(0)
    // Only the loop's thread touches everything below; after its end, only the thread that finishes late work. So
    // accesses are not checked for overlap, which would cost more than all the rest of a short message.
    @exclusivity(unchecked) var table = ChannelTable()
    @exclusivity(unchecked) var deadlines = Deadlines()
    @exclusivity(unchecked) var jobs: [UnownedJob] = []
    @exclusivity(unchecked) var jobsInTurn: [UnownedJob] = []
    /// The read window; ask for it with `claimWindow(for:)`.
    public let window: UnsafeMutableRawBufferPointer
    /// Whose bytes the read window holds; `windowReclaimed()` of a channel that loses it is called.
    public let windowLease = Lease { $0.windowReclaimed() }
    /// Who gathers output; taken at the end of each step, when `uncork()` of its holder is called.
    public let corkLease = Lease { $0.uncork() }
    /// Who has resumed tasks; taken once the tasks that can run now have run, when `stepEnded()` of its holder is called.
    public let stepLease = Lease { $0.stepEnded() }
    var attachments: [ObjectIdentifier: AnyObject] = [:]
    var isAtEnd = false
    /// Whether the loop was woken since it last fetched work.
    @exclusivity(unchecked) private var isWoken = true
    @exclusivity(unchecked) private var turnBegan = MonotonicTime.now

    /// When the current turn began; cheap, and exact enough for limits.
    public var turnStart: MonotonicTime { turnBegan }

    /// Starts the loop on a thread of its own; end it with `stop()`.
    public init(name: String = "loop") throws(SystemCallError) {
        poller = try Poller()
        window = .allocate(byteCount: Self.windowBytes, alignment: 64)
        // The thread keeps the loop alive until it is stopped.
        var thread: Thread? = try Thread(name: name) { [self] in
            threadHandle.store(pthread_self(), ordering: .relaxed)
            run()
        }
        submitted.withLock { $0.thread = thread.take() }
    }

    deinit {
        window.deallocate()
    }

    /// A loop for clients without one; it lives as long as the process.
    public static let shared: EventLoop = {
        do {
            return try EventLoop(name: "shared loop")
        } catch {
            fatalError("the shared event loop cannot start: \(error)")
        }
    }()

    /// Whether the caller runs on the loop's thread.
    public var isCurrent: Bool { pthread_self() == threadHandle.load(ordering: .relaxed) }

    // MARK: The thread

    private func run() {
        while true {
            // Submitting work, and `stop()`, wake the loop: if it was not woken, no lock is needed.
            if isWoken {
                isWoken = false
                takeSubmittedWork()
                if isStopping { break }
            }
            endOfStep()
            turn()
        }
        finish()
    }

    /// Waits for readiness or a deadline, and dispatches it to the channels.
    private func turn() {
        let events: UnsafeBufferPointer<epoll_event>
        do throws(SystemCallError) {
            events = try poller.wait(until: jobs.isEmpty ? deadlines.earliest : turnStart)
        } catch {
            fatalError("the event loop cannot wait: \(error)")
        }
        turnBegan = .now
        for event in events { dispatch(event) }
        // Bounded: a deadline that is set again and due at once must not starve the sockets.
        var due = deadlines.count
        while due > 0, let timed = deadlines.popDue(at: turnStart) {
            timed.deadlineReached()
            endOfStep()
            due -= 1
        }
    }

    private func dispatch(_ event: epoll_event) {
        let key = event.data.u64
        if key == Poller.wakeKey {
            poller.acknowledgeWake()
            isWoken = true
            return
        }
        guard let channel = table.channel(for: key) else { return }
        channel.dispatch(Readiness(rawValue: event.events))
        endOfStep()
    }

    /// Runs the tasks that a channel has resumed while its bytes are still in the window, then sends what all have
    /// gathered.
    private func endOfStep() {
        if !jobs.isEmpty { runJobs() }
        stepLease.end()
        corkLease.end()
    }
}
