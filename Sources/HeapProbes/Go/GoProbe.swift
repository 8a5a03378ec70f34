import Remedies

/// The live heap of a Go program and the number of its goroutines, from the pages of its own `net/http/pprof`.
///
/// Goroutines are counted before the heap is read. The two that serve such a request are then counted at each reading,
/// and those of the request before have long ended: the count of a program at rest is the same at each.
struct GoProbe: HeapProbe {
    private let pages: GoPages
    let gauges: [HeapGauge]
    let remark: Problem?

    var source: String { "net/http/pprof at \(pages), after a collection" }

    /// Reads both pages once: there must be a heap profile, and a goroutine profile is read where there is one.
    init(_ pages: GoPages) async throws(HeapProbeFailure) {
        self.pages = pages
        var problem: HeapProbeFailure?
        do {
            _ = try await pages.goroutineCount()
        } catch {
            problem = error
        }
        _ = try await pages.liveBytes()
        gauges = problem == nil ? [.liveBytes, .goroutines] : [.liveBytes]
        remark = problem.map { "goroutines are not counted, as their page must lie beside the heap profile: \($0)" }
    }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        var levels: [HeapGauge: Double] = [:]
        if gauges.contains(.goroutines) { levels[.goroutines] = try await pages.goroutineCount() }
        levels[.liveBytes] = try await pages.liveBytes()
        return levels
    }

    func close() async {}
}
