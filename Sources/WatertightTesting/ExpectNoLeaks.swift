public import Testing

/// Runs `body` over and over and records an issue when each run leaves something behind: descriptors with their peer and
/// TCP state, threads, bytes of live heap, or objects given to `track(_:)` that are still alive.
///
/// After a quarter as many runs to warm up, `connections` runs are judged, in ten blocks (fewer than ten runs are rounded
/// up to ten). Things left of two blocks, and heap that grows in most, are suspected. Then the process is given
/// `releaseLimit` to let go of what is only kept for a while, and `body` runs some hundred times more, each batch beside one
/// of equal length without it, in random order: it is a leak only if the batches with `body` grow and those without do not,
/// and a warning where something is left all the same. So
/// nothing is reported because of what other tests do in the same process, or of what a server keeps for less than
/// `releaseLimit`; checks wait for each other.
///
/// What other tests drown in noise, memory above all, cannot be judged, which a warning says. In a process of its own, within
/// `#expect(processExitsWith: .success) { … }`, everything is seen: growth of a few dozen bytes for each run.
///
/// - Parameters:
///   - connections: How many runs of `body` are judged.
///   - releaseLimit: How long what is left is waited for. Only growth costs this time, at most twice.
///   - sourceLocation: Where the issue is shown.
///   - body: What opens connections and closes them, with whatever library. It has waited for their ends when it returns.
/// - Throws: what `body` throws, at once; and `ProcessReadFailure` when `/proc` cannot be read.
public func expectNoLeaks(
    connections: Int = 200, releaseLimit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws {
    try await LeakCheckTurn.waited {
        let search = try LeakSearch(runs: connections, releaseLimit: releaseLimit)
        let result: LeakResult
        do {
            result = try await search.result(body)
        } catch {
            // Running out of descriptors is how a leak of them ends when it is given time.
            if let problem = search.problemBehindFailure() {
                Issue.record("\(problem)", sourceLocation: sourceLocation)
            }
            throw error
        }
        result.record(at: sourceLocation)
    }
}
