import CLinux
import Glibc
import Synchronization
public import SystemCalls

/// One thread around one epoll instance; channels, deadlines and Swift tasks all run on it, one after another.
///
/// It is a serial executor and a task executor at once: an actor on the loop, in a task that prefers the loop, suspends
/// and resumes without leaving the thread. Each job runs as both; otherwise one of the runtime's executor checks fails
/// and the task hops threads.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// The size of the read window that all channels of the loop share, in bytes.
    public static let windowBytes = 256 * 1024

    @exclusivity(unchecked) private var poller: Poller
    private let remote = Locked(Remote())
    /// The loop's thread; 0 until it runs.
    private let threadHandle = Atomic<UInt>(0)
    // Only the loop's thread touches everything below; after its end, only the thread that finishes late work. So
    // accesses are not checked for overlap, which would cost more than all the rest of a short message.
    @exclusivity(unchecked) private var table: [Channel?] = []
    @exclusivity(unchecked) private var generations: [UInt32] = []
    @exclusivity(unchecked) private var deadlines = Deadlines()
    @exclusivity(unchecked) private var jobs: [UnownedJob] = []
    @exclusivity(unchecked) private var jobsInTurn: [UnownedJob] = []
    /// The read window; ask for it with `claimWindow(for:)`.
    public let window: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var windowOwner: Channel?
    @exclusivity(unchecked) private var corkOwner: Channel?
    @exclusivity(unchecked) private var stepOwner: Channel?
    private var attachments: [ObjectIdentifier: AnyObject] = [:]
    private var isAtEnd = false
    /// Whether the loop was woken since it last fetched work.
    @exclusivity(unchecked) private var isWoken = true
    @exclusivity(unchecked) private var turnBegan = MonotonicTime.now

    /// When the current turn began; cheap, and exact enough for limits.
    public var turnStart: MonotonicTime { turnBegan }

    private struct Remote: ~Copyable {
        var jobs: [UnownedJob] = []
        var bodies: [@Sendable () -> Void] = []
        var thread: Thread?
        var isStopping = false
        /// The thread takes no more work, and need not be woken.
        var hasEnded = false
        /// Some thread runs work that came after the end.
        var isFinishing = false
        var isEmpty: Bool { jobs.isEmpty && bodies.isEmpty }
    }

    /// Starts the loop on a thread of its own; end it with `stop()`.
    public init(name: String = "loop") throws(SystemCallError) {
        poller = try Poller()
        window = .allocate(byteCount: Self.windowBytes, alignment: 64)
        // The thread keeps the loop alive until it is stopped.
        var thread: Thread? = try Thread(name: name) { [self] in
            threadHandle.store(pthread_self(), ordering: .relaxed)
            run()
        }
        remote.withLock { $0.thread = thread.take() }
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

    // MARK: From any thread

    /// Runs `body` on the loop's thread: at once if the caller is on it, otherwise in its next turn.
    ///
    /// After the loop's end it runs on the caller's thread or on that of another late caller, still one after another:
    /// late work finds everything closed, and no caller waits in vain.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        if isCurrent { return body() }
        submit { $0.bodies.append(body) }
    }

    private func submit(_ add: (inout Remote) -> Void) {
        let mustFinish = remote.withLock { remote in
            let wasEmpty = remote.isEmpty
            add(&remote)
            guard remote.hasEnded else {
                // Under the lock, because the event descriptor is closed under that lock.
                if wasEmpty { poller.wake() }
                return false
            }
            defer { remote.isFinishing = true }
            return !remote.isFinishing
        }
        if mustFinish { finishLateWork() }
    }

    /// Runs work that came after the end, on the thread that submitted it.
    private func finishLateWork() {
        // The runtime enqueues on an executor without retaining it, and the work may drop the last reference.
        let retained = Unmanaged.passRetained(self)
        defer { retained.release() }
        threadHandle.store(pthread_self(), ordering: .relaxed)
        var isFinished = false
        while !isFinished {
            drainRemote()
            runJobs()
            isFinished = remote.withLock { remote in
                guard jobs.isEmpty && remote.isEmpty else { return false }
                threadHandle.store(0, ordering: .relaxed)
                remote.isFinishing = false
                return true
            }
        }
    }

    /// Runs `body` on the loop's thread and returns what it returns.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            execute { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Runs `body` on the loop's thread and returns what it returns.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withUnsafeContinuation { continuation in
            execute { continuation.resume(returning: body()) }
        }
    }

    /// Whether the caller runs on the loop's thread.
    public var isCurrent: Bool { pthread_self() == threadHandle.load(ordering: .relaxed) }

    /// Ends the loop and waits for its thread; its descriptors and what its channels still own are closed by then.
    ///
    /// Do not call it from the loop itself. Only the first call waits.
    public func stop() {
        precondition(!isCurrent, "a loop cannot wait for its own end")
        let thread = remote.withLock { remote -> Thread? in
            remote.isStopping = true
            if !remote.hasEnded { poller.wake() }
            return remote.thread.take()
        }
        thread?.join()
    }

    /// Whether `stop()` was called.
    var isStopping: Bool { remote.withLock { $0.isStopping } }

    // MARK: Executor

    /// Runs `job` in this turn when called on the loop's thread, otherwise in the next.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
            return
        }
        submit { $0.jobs.append(job) }
    }

    /// The loop as the executor of actors.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// The loop as the executor that tasks prefer.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Whether the caller runs on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Stops the program when the caller does not run on the loop's thread.
    public func checkIsolated() {
        precondition(isCurrent, "called from outside the event loop's thread")
    }

    // MARK: For channels, on the loop's thread

    /// The shared read window; `windowReclaimed()` of its former owner is called first.
    public func claimWindow(for channel: Channel) -> UnsafeMutableRawBufferPointer {
        if let owner = windowOwner, owner !== channel {
            windowOwner = nil
            owner.windowReclaimed()
        }
        windowOwner = channel
        return window
    }

    /// Whether the read window still holds what `channel` read last.
    public func ownsWindow(_ channel: Channel) -> Bool { windowOwner === channel }

    /// Whether the cork holds what `channel` has gathered.
    public func ownsCork(_ channel: Channel) -> Bool { corkOwner === channel }

    /// Gives the read window back before another channel claims it.
    public func releaseWindow(by channel: Channel) {
        if windowOwner === channel { windowOwner = nil }
    }

    /// Makes `channel` the owner of the cork; `uncork()` of its former owner is called first.
    public func claimCork(for channel: Channel) {
        if corkOwner === channel { return }
        uncorkOwner()
        corkOwner = channel
    }

    /// Calls `stepEnded()` of `channel` once the tasks that can run now have run; that of a former owner first.
    public func claimStep(for channel: Channel) {
        if stepOwner === channel { return }
        let former = stepOwner
        stepOwner = channel
        former?.stepEnded()
    }

    /// This loop's one object of its type, made at first use.
    public func attachment<Attachment: AnyObject>(_ make: () -> Attachment) -> Attachment {
        let key = ObjectIdentifier(Attachment.self)
        if let found = attachments[key] { return unsafeDowncast(found, to: Attachment.self) }
        let made = make()
        attachments[key] = made
        return made
    }

    /// Every channel that owns a descriptor on this loop.
    public var channels: [Channel] { table.compactMap { $0 } }

    /// Sets, moves or (with `never`) removes the deadline of `timed`.
    public func setDeadline(of timed: Timed, to deadline: MonotonicTime) {
        guard isAtEnd && deadline != .never else { return deadlines.set(timed, to: deadline) }
        deadlines.set(timed, to: .never)
        timed.loopEnds()
    }

    func add(_ channel: Channel, number: Int32, interest: Readiness) throws(SystemCallError) {
        guard !isAtEnd else { throw SystemCallError(.epollControl, errno: ECANCELED) }
        let index = Int(number)
        if index >= table.count {
            table.append(contentsOf: repeatElement(nil, count: index + 1 - table.count))
            generations.append(contentsOf: repeatElement(0, count: index + 1 - generations.count))
        }
        generations[index] &+= 1
        try poller.add(number, key: key(number), interest: interest)
        table[index] = channel
    }

    func modify(number: Int32, interest: Readiness) {
        poller.modify(number, key: key(number), interest: interest)
    }

    /// Removes a descriptor that is about to be closed.
    func remove(number: Int32) {
        poller.remove(number)
        table[Int(number)] = nil
        // The generation identifies events of this turn that were meant for the number's former owner.
        generations[Int(number)] &+= 1
    }

    func letGo(_ channel: Channel) {
        if windowOwner === channel { windowOwner = nil }
        if corkOwner === channel { corkOwner = nil }
        if stepOwner === channel { stepOwner = nil }
    }

    private func key(_ number: Int32) -> UInt64 {
        UInt64(generations[Int(number)]) << 32 | UInt64(UInt32(bitPattern: number))
    }

    // MARK: The thread

    private func run() {
        while true {
            // Submitting work, and `stop()`, wake the loop: if it was not woken, no lock is needed.
            if isWoken {
                isWoken = false
                drainRemote()
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
        let index = Int(key & 0xFFFF_FFFF)
        guard generations[index] == UInt32(truncatingIfNeeded: key >> 32), let channel = table[index] else { return }
        channel.dispatch(Readiness(rawValue: event.events))
        endOfStep()
    }

    /// Runs the tasks that a channel has resumed while its bytes are still in the window, then sends what all have
    /// gathered.
    private func endOfStep() {
        if !jobs.isEmpty { runJobs() }
        endStepOwner()
        uncorkOwner()
    }

    private func endStepOwner() {
        if let owner = stepOwner {
            stepOwner = nil
            owner.stepEnded()
        }
    }

    /// Repeats, because a callback about a failed send may claim the cork meanwhile.
    private func uncorkOwner() {
        while let owner = corkOwner {
            corkOwner = nil
            owner.uncork()
        }
    }

    private func drainRemote() {
        let (newJobs, bodies) = remote.withLock { remote in
            defer {
                remote.jobs = []
                remote.bodies = []
            }
            return (remote.jobs, remote.bodies)
        }
        jobs.append(contentsOf: newJobs)
        for body in bodies {
            body()
            uncorkOwner()
        }
    }

    /// Runs the jobs and those they enqueue, up to a bound, so that no task starves the sockets.
    private func runJobs() {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var rounds = 0
        while !jobs.isEmpty && rounds < 64 {
            swap(&jobs, &jobsInTurn)
            for job in jobsInTurn { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
            jobsInTurn.removeAll(keepingCapacity: jobsInTurn.count < 1024)
            rounds += 1
        }
        endStepOwner()
        uncorkOwner()
    }

    /// Closes what is left and runs the tasks that this resumes.
    private func finish() {
        isAtEnd = true
        for channel in channels { channel.loopEnds() }
        endDeadlines()
        var rounds = 0
        var hasEnded = false
        while !hasEnded {
            drainRemote()
            runJobs()
            rounds += 1
            hasEnded = remote.withLock { remote in
                // A task that goes on for ever must not keep the thread; the rest of it is late work.
                guard jobs.isEmpty && remote.isEmpty || rounds >= 1000 else { return false }
                attachments = [:]
                threadHandle.store(0, ordering: .relaxed)
                remote.hasEnded = true
                poller.close()
                return true
            }
        }
    }

    /// An entry with a deadline is retained, and retains the loop.
    private func endDeadlines() {
        while let timed = deadlines.popAny() { timed.loopEnds() }
    }
}
