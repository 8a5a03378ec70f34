import SystemCalls

/// What threads other than the loop's have asked of it.
struct SubmittedWork: ~Copyable {
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

/// Work from any thread.
extension EventLoop {
    /// Runs `body` on the loop's thread: at once if the caller is on it, otherwise in its next turn.
    ///
    /// After the loop's end it runs on the caller's thread or on that of another late caller, still one after another:
    /// late work finds everything closed, and no caller waits in vain.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        if isCurrent { return body() }
        submit { $0.bodies.append(body) }
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

    func submit(_ add: (inout SubmittedWork) -> Void) {
        let mustFinish = submitted.withLock { work in
            let wasEmpty = work.isEmpty
            add(&work)
            guard work.hasEnded else {
                // Under the lock, because the event descriptor is closed under that lock.
                if wasEmpty { poller.wake() }
                return false
            }
            defer { work.isFinishing = true }
            return !work.isFinishing
        }
        if mustFinish { finishLateWork() }
    }

    /// Takes over what was submitted; on the loop's thread.
    func takeSubmittedWork() {
        let (newJobs, bodies) = submitted.withLock { work in
            defer {
                work.jobs = []
                work.bodies = []
            }
            return (work.jobs, work.bodies)
        }
        jobs.append(contentsOf: newJobs)
        for body in bodies {
            body()
            corkLease.end()
        }
    }
}
