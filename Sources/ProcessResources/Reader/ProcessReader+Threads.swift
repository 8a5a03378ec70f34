import Glibc
import SystemCalls

extension ProcessReader {
    /// The most threads of which each is asked: of a process with more only the first is.
    private static let mostAsked = 256

    /// Whether a thread of the process runs or waits for a processor at this moment.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted`, `malformed` or `unreadable`.
    package func isBusy() throws(ProcessReadFailure) -> Bool {
        let stat = try stat()
        if stat.state == .running { return true }
        guard stat.threads > 1 && stat.threads <= Self.mostAsked else { return false }
        for id in try threadIDs() where id != pid {
            // One that ends meanwhile has nothing more to do.
            guard let text = try? contents(of: "task/\(id)/stat", limit: 512),
                let thread = try? ProcessStat(stat: text.span)
            else { continue }
            if thread.state == .running { return true }
        }
        return false
    }

    /// Waits until no thread of the process runs or waits for a processor, for at most `limit`; blocks the thread.
    package func awaitRest(within limit: Duration) {
        let began = MonotonicTime.now
        while began.elapsed < limit, (try? isBusy()) ?? false { usleep(100) }
    }
}
