import Glibc
import SystemCalls

/// SIGINT and SIGTERM as a value to wait for.
///
/// They are blocked in every thread and taken by one that does nothing else, so that no code runs in a signal handler.
enum TerminationSignals {
    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGHUP)
        return set
    }

    /// Blocks them in this thread and those it starts; call it first of all.
    static func block() {
        var blocked = set
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
    }

    /// For how long after the first signal another is taken for the same wish: whoever ends a command with its process group, as
    /// timeout and many CI systems do, signals it twice in a row.
    private static let oneWish = Duration.seconds(1)

    /// Calls `first` with the first signal that comes and `again` with each that comes later, on a thread of its own.
    static func forEach(
        first: @escaping @Sendable (Int32) -> Void, again: @escaping @Sendable (Int32) -> Void
    ) throws(SystemCallError) {
        try Thread.detach(name: "signals") {
            var awaited = set
            var moment: MonotonicTime?
            while true {
                var number: Int32 = 0
                guard sigwait(&awaited, &number) == 0 else { continue }
                guard let begun = moment else {
                    moment = .now
                    first(number)
                    continue
                }
                if begun.elapsed >= oneWish { again(number) }
            }
        }
    }

    /// Waits for the first of them; the second ends the process at once.
    static func first() async throws -> Int32 {
        try await withUnsafeThrowingContinuation { continuation in
            do {
                try forEach(
                    first: { continuation.resume(returning: $0) }, again: { _exit(128 + $0) })
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
