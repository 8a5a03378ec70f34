/// Polls `condition` until it holds, at most for `limit`; whether it came to hold.
public func eventually(
    within limit: Duration = .seconds(600), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let start = ContinuousClock.now
    while try await !condition() {
        if start.duration(to: .now) > limit { return false }
        // Never the thread: there are as few as processors, and all other tests wait for them.
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}

/// A condition that did not come about in time.
public struct TooLate: Error, CustomStringConvertible {
    /// What was waited for.
    public let description: String

    /// That `description` did not come about.
    public init(description: String) { self.description = description }
}

/// Waits for `condition` to return something, at most for `limit`; throws `TooLate`.
public func eventually<Value>(
    within limit: Duration = .seconds(600), _ awaited: @autoclosure () -> String, _ condition: () -> Value?
) async throws -> Value {
    let start = ContinuousClock.now
    while start.duration(to: .now) < limit {
        if let value = condition() { return value }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw TooLate(description: "waited \(limit) for \(awaited())")
}
