import SystemCalls

/// Polls `condition` until it holds, at most for `limit`; whether it came to hold.
func eventually(within limit: Duration = .seconds(120), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let start = MonotonicTime.now
    while try await !condition() {
        if start.elapsed > limit { return false }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}
