import ProcessResources

/// The stacks of all goroutines of a Go program, from the pages of its own `net/http/pprof`.
package struct GoroutineStacks: Sendable {
    private let pages: GoPages

    /// Where they come from, in words.
    package var source: String { "the stacks of goroutines, from net/http/pprof at \(pages)" }

    /// The pages that the target's processes serve, found as `HeapSpecification.automatic` does; nil where the target is no Go
    /// program.
    package init?(_ subject: HeapSubject) async throws(HeapProbeFailure) {
        let found = subject.processes.filter { (try? $0.runtime())?.runtime == .go }
        guard !found.isEmpty else { return nil }
        pages = try await .found(among: found, subject.url)
    }

    /// One paragraph for each goroutine, as a panic prints them.
    package func text() async throws(HeapProbeFailure) -> String {
        let text = String(decoding: try await pages.stacks(), as: UTF8.self)
        guard text.hasPrefix("goroutine ") else { throw HeapProbeFailure("\(pages) does not print stacks") }
        return text
    }
}
