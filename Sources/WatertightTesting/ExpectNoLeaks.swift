public import Testing

/// Runs `body` over and over and records an issue when each run leaves something behind: descriptors with their peer
/// and TCP state, threads, bytes of live heap, or objects given to `track(_:)` that are still alive.
///
/// After a quarter as many runs to warm up, `connections` runs are judged, in ten blocks (fewer than ten runs are
/// rounded up to ten). Things left of two blocks, and heap that grows in most, are suspected. Then the process has
/// `releaseLimit` to release what it keeps only for a while, and `body` runs some hundred times more, each batch beside
/// one of equal length without it, in random order. It is a leak only if the batches with `body` grow and those without
/// do not; if something is left all the same, that is a warning. So what other tests do in the same process, or what a
/// server keeps for less than `releaseLimit`, is not reported. What tasks that outlive their run open within 0.8 seconds
/// counts as the run's. Checks wait for each other.
///
/// A leak is followed to its lines: this test is run again, in a second process that ends with this one, with what it
/// allocates and opens traced. The issue tells what was learned, or why nothing was; the environment variable
/// `WATERTIGHT_EXPLAIN` with the value `never` goes without.
///
/// What other tests drown in noise, above all memory, cannot be judged; a warning says so. In a process of its own,
/// within `#expect(processExitsWith: .success) { … }`, growth of a few dozen bytes per run is detected.
///
/// - Parameters:
///   - connections: How many runs of `body` are judged.
///   - releaseLimit: How long to wait for what is left. Only growth costs this time, at most twice; growth of memory
///     costs eleven to twenty seconds more, in which idle threads of the pools end and their caches with them.
///   - sourceLocation: Where the issue is shown.
///   - body: Opens connections and closes them, with any library; returns when they have ended.
/// - Throws: what `body` throws, at once; and `ProcessReadFailure` when `/proc` cannot be read.
public func expectNoLeaks(
    connections: Int = 200, releaseLimit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws {
    // The check that every test is given judges its body as well.
    if LeakCheckTurn.holder == .everyTest { return try await body() }
    try await checkForLeaks(as: .check, runs: connections, releaseLimit: releaseLimit, at: sourceLocation, body)
}

/// Runs `body` over and over in a turn of its own, and records what each run leaves.
func checkForLeaks(
    as holder: LeakCheckTurn.Holder, runs: Int, releaseLimit: Duration, at sourceLocation: SourceLocation,
    _ body: () async throws -> Void
) async throws {
    try await LeakCheckTurn.waited(as: holder, at: sourceLocation) { isWithinAnother in
        let site = isWithinAnother ? nil : CheckSite.begin(at: sourceLocation)
        if let order = ReplayOrder.own { return try await LeakSearch.replay(order, at: site, body) }
        let search = try LeakSearch(runs: runs, releaseLimit: releaseLimit)
        var result: LeakResult
        do {
            result = try await search.result(body)
        } catch {
            // A leak of descriptors that goes on ends by running out of them.
            if let problem = search.problemBehindFailure() {
                Issue.record("\(problem)", sourceLocation: sourceLocation)
            }
            throw error
        }
        if !result.findings.isEmpty {
            let explainer = LeakExplainer(
                findings: result.findings, site: site, runLasts: search.runLasts, lateness: search.lateness)
            result.explanation = await explainer.explanation()
        }
        result.record(at: sourceLocation)
    }
}
