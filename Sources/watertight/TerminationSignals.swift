import Glibc
import Sockets
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

    /// Calls `received` with each signal that comes, on a thread of its own.
    static func forEach(_ received: @escaping @Sendable (Int32) -> Void) throws(SystemCallError) {
        try Thread.detach(name: "signals") {
            var awaited = set
            while true {
                var number: Int32 = 0
                if sigwait(&awaited, &number) == 0 { received(number) }
            }
        }
    }

    /// Waits for the first of them; the second ends the process at once.
    static func first() async throws -> Int32 {
        let count = SignalCount()
        return try await withUnsafeThrowingContinuation { continuation in
            do {
                try forEach { number in
                    if count.next() == 1 { continuation.resume(returning: number) } else { _exit(128 + number) }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

/// Used on the signal thread alone.
private final class SignalCount: @unchecked Sendable {
    private var count = 0
    func next() -> Int {
        count += 1
        return count
    }
}
