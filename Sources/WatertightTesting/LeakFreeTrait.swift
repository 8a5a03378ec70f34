public import Testing

/// Runs a test over and over, and fails it when each run leaves something behind; see `expectNoLeaks`.
///
/// Only repetition distinguishes a leak from what is made once: a first connection loads libraries, starts threads and
/// fills caches. So the test must be repeatable in one process, each time with a new instance of its suite.
public struct LeakFreeTrait: TestTrait, SuiteTrait, TestScoping {
    /// How many runs are judged; a quarter as many run before, to warm up.
    public var runs: Int
    /// How long to wait for what is left.
    public var releaseLimit: Duration
    /// Whether it is what the environment gives every test.
    var isForEveryTest = false

    /// On a suite, it applies to each of its tests.
    public var isRecursive: Bool { true }

    /// Runs the test as `expectNoLeaks` runs its body.
    @concurrent public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard isForEveryTest else {
            return try await expectNoLeaks(
                connections: runs, releaseLimit: releaseLimit, sourceLocation: test.sourceLocation, function)
        }
        // A suite's own `.leakFree` checks the test already.
        if LeakCheckTurn.holder != nil { return try await function() }
        try await checkForLeaks(
            as: .everyTest, runs: runs, releaseLimit: releaseLimit, at: test.sourceLocation, function)
    }
}

extension Trait where Self == LeakFreeTrait {
    /// The test is run 20 times after 5 to warm up, and must leave nothing behind.
    public static var leakFree: Self { .leakFree(runs: 20) }

    /// The test is run `runs` times, at least ten, after a quarter as many to warm up, and must leave nothing behind.
    ///
    /// More runs find smaller leaks. Waits at most `releaseLimit` for what is left; only growth costs this time.
    public static func leakFree(runs: Int, releaseLimit: Duration = .seconds(20)) -> Self {
        LeakFreeTrait(runs: runs, releaseLimit: releaseLimit)
    }
}
