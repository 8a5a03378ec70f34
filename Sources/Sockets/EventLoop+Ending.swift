import Glibc
import Synchronization
import SystemCalls

/// The loop's end, and the work that comes after it.
extension EventLoop {
    /// Ends the loop and waits for its thread; its descriptors and what its channels still own are closed by then.
    ///
    /// Do not call it from the loop itself. Only the first call waits.
    public func stop() {
        precondition(!isCurrent, "a loop cannot wait for its own end")
        let thread = submitted.withLock { work -> Thread? in
            work.isStopping = true
            if !work.hasEnded { poller.wake() }
            return work.thread.take()
        }
        thread?.join()
    }

    /// Whether `stop()` was called.
    var isStopping: Bool { submitted.withLock { $0.isStopping } }

    /// Closes what is left and runs the tasks that this resumes.
    func finish() {
        isAtEnd = true
        for channel in channels { channel.loopEnds() }
        endDeadlines()
        var rounds = 0
        var hasEnded = false
        while !hasEnded {
            takeSubmittedWork()
            runJobs()
            rounds += 1
            hasEnded = submitted.withLock { work in
                // A task that goes on for ever must not keep the thread; the rest of it is late work.
                guard jobs.isEmpty && work.isEmpty || rounds >= 1000 else { return false }
                attachments = [:]
                threadHandle.store(0, ordering: .relaxed)
                work.hasEnded = true
                poller.close()
                return true
            }
        }
    }

    /// An entry with a deadline is retained, and retains the loop.
    private func endDeadlines() {
        while let timed = deadlines.popAny() { timed.loopEnds() }
    }

    /// Runs work that came after the end, on the thread that submitted it.
    func finishLateWork() {
        // The runtime enqueues on an executor without retaining it, and the work may drop the last reference.
        let retained = Unmanaged.passRetained(self)
        defer { retained.release() }
        threadHandle.store(pthread_self(), ordering: .relaxed)
        var isFinished = false
        while !isFinished {
            takeSubmittedWork()
            runJobs()
            isFinished = submitted.withLock { work in
                guard jobs.isEmpty && work.isEmpty else { return false }
                threadHandle.store(0, ordering: .relaxed)
                work.isFinishing = false
                return true
            }
        }
    }
}
