import SystemCalls

/// The end of one cleanup, which any number of tasks await.
final class PendingCleanup: Sendable {
    private let state = Locked(State.underWay([]))

    private enum State {
        case underWay([UnsafeContinuation<Cleanup, Never>])
        case over(Cleanup)
    }

    /// How it went, once it is over.
    var outcome: Cleanup {
        get async {
            await withUnsafeContinuation { continuation in
                let outcome = state.withLock { state -> Cleanup? in
                    switch state {
                    case .underWay(let waiters):
                        state = .underWay(waiters + [continuation])
                        return nil
                    case .over(let cleanup): return cleanup
                    }
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        }
    }

    /// Resumes those who await it.
    func finish(_ cleanup: Cleanup) {
        let waiters = state.withLock { state in
            defer { state = .over(cleanup) }
            guard case .underWay(let waiters) = state else { return [UnsafeContinuation<Cleanup, Never>]() }
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: cleanup) }
    }
}
