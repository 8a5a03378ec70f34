import CLinux
import Glibc
public import SystemCalls

/// Holds all threads of another process still, until it goes (ptrace(2), `PTRACE_SEIZE`): what is read meanwhile belongs to
/// one moment.
///
/// The process notices nothing but the time, and that a wait of its own may end early with `EINTR`, as a wait may at any
/// time. Belongs to the thread that made it. Make it on a thread that ends soon after: the kernel lets a thread of the
/// process go on at the latest then.
public struct ProcessHold: ~Copyable {
    private let process: ProcessReader
    /// The threads that stand still, with what releases them.
    private var held: [(thread: Int32, token: Int32)] = []

    /// How long one thread may take to stop: one in a system call that cannot be interrupted takes longer.
    private static let stopMilliseconds: Int32 = 100
    /// How long threads may take to be back in their waits.
    private static let resumeLimit = Duration.milliseconds(10)
    /// Threads may start others until they stand still.
    private static let mostRounds = 16

    /// Stops the process.
    ///
    /// - Throws: an error with `EPERM` where the kernel does not permit it or another debugger holds the process, with
    ///   `ETIMEDOUT` where a thread does not stop, or with `ESRCH` where the process is gone.
    public init(_ process: ProcessReader) throws(SystemCallError) {
        self.process = process
        var seen: Set<Int32> = []
        for _ in 0..<Self.mostRounds {
            guard let threads = try? process.threadIDs() else { throw SystemCallError(.ptrace, errno: ESRCH) }
            let fresh = threads.filter { !seen.contains($0) }
            if fresh.isEmpty { return }
            for thread in fresh {
                seen.insert(thread)
                try hold(thread, of: process)
            }
        }
        throw SystemCallError(.ptrace, errno: ETIMEDOUT)
    }

    private mutating func hold(_ thread: Int32, of process: ProcessReader) throws(SystemCallError) {
        let token = clinux_hold_thread(thread, Self.stopMilliseconds)
        if token > 0 { held.append((thread, token)) }
        guard token < 0 else { return }
        let number = errno
        // A thread that has ended meanwhile, and a first thread that ended before the others, cannot be held and need not.
        let isGone = number == ESRCH || number == EPERM && thread == process.pid && !held.isEmpty
        guard isGone else { throw SystemCallError(.ptrace, errno: number) }
    }

    /// Lets the process go on.
    public consuming func release() {}

    deinit {
        for (thread, token) in held { clinux_release_thread(thread, token) }
        // A signal that arrived before a thread is back in its wait would be handled and not end that wait.
        process.awaitRest(within: Self.resumeLimit)
    }
}
