import ArgumentParser
import Glibc
import SystemCalls

/// What ends a command before its time: SIGINT, SIGTERM or SIGHUP, or what the command itself finds.
///
/// The first signal cancels what goes on, so that a report can still be written. The second ends the process at once.
final class Interruption: Sendable {
    private struct State {
        var cancel: (@Sendable () -> Void)?
        var isCancelled = false
    }

    private let state = Locked(State())
    private let onSignal: @Sendable () -> Void
    private let atOnce: @Sendable () -> Void

    /// `onSignal` is called with the first signal, beside what is cancelled; `atOnce` before the second ends the process.
    init(onSignal: @escaping @Sendable () -> Void = {}, atOnce: @escaping @Sendable () -> Void = {}) {
        self.onSignal = onSignal
        self.atOnce = atOnce
    }

    /// Whether it was cancelled.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Cancels what `value` waits for, also where that has yet to begin.
    func cancel() {
        let cancel = state.withLock { state in
            state.isCancelled = true
            return state.cancel
        }
        cancel?()
    }

    /// The outcome of `body`, which signals cancel from now on; to be called once.
    func value<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await body() }
        let isLate = state.withLock { state in
            state.cancel = { task.cancel() }
            return state.isCancelled
        }
        if isLate { task.cancel() }
        try TerminationSignals.forEach(
            first: { _ in
                self.cancel()
                self.onSignal()
            },
            again: { _ in
                self.atOnce()
                _exit(Code.interrupted.rawValue)
            })
        return try await task.value
    }
}
