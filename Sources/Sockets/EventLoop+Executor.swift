/// The loop as an executor of actors and of tasks.
extension EventLoop: SerialExecutor, TaskExecutor {
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

    /// Runs the jobs and those they enqueue, up to a bound, so that no task starves the sockets.
    ///
    /// Each job runs as both kinds of executor; otherwise one of the runtime's executor checks fails and the task hops
    /// threads.
    func runJobs() {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var rounds = 0
        while !jobs.isEmpty && rounds < 64 {
            swap(&jobs, &jobsInTurn)
            for job in jobsInTurn { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
            jobsInTurn.removeAll(keepingCapacity: jobsInTurn.count < 1024)
            rounds += 1
        }
        stepLease.end()
        corkLease.end()
    }
}
