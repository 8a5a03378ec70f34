import ProcessResources
package import Remedies

/// What a Go program says of its goroutines and of the blocks that are live, by their stacks: from the pages of its own
/// `net/http/pprof`.
package struct GoTraces: Sendable {
    private let pages: GoPages
    /// Why blocks are not told, and what to do; nil where all are.
    package let heapNote: Problem?

    /// Where they come from, in words.
    package var source: String { "the stacks of goroutines and allocations, from net/http/pprof at \(pages)" }

    /// The pages that the target's processes serve, found as `HeapSpecification.automatic` does; nil where the target is no Go
    /// program. One of our own records every block from now on.
    package init?(_ subject: HeapSubject) async throws(HeapProbeFailure) {
        let found = subject.processes.filter { (try? $0.runtime())?.runtime == .go }
        guard !found.isEmpty else { return nil }
        pages = try await .found(among: found, subject.url)
        heapNote = Self.recordBlocks(of: found, isOwn: subject.isOwn)
    }

    private static func recordBlocks(of processes: [ProcessReader], isOwn: Bool) -> Problem? {
        guard isOwn else {
            return "the lines that allocate are told of a program that the check starts\(remedies: .giveCommand)"
        }
        do {
            for process in processes { try GoProfileRate.recordAll(in: process) }
            return nil
        } catch {
            return switch error {
            case .stripped:
                "the lines that allocate are not told, because the program is stripped of its symbols: build it without -s"
            case .notPermitted:
                "the lines that allocate are not told, because the memory of the process cannot be written"
            }
        }
    }

    /// One paragraph for each goroutine, as a panic prints them.
    package func goroutines() async throws(HeapProbeFailure) -> String {
        let text = String(decoding: try await pages.stacks(), as: UTF8.self)
        guard text.hasPrefix("goroutine ") else { throw HeapProbeFailure("\(pages) does not print stacks") }
        return text
    }

    /// The heap profile as text: for each stack and size a line with how many blocks and bytes are live, and one for each frame.
    package func heap() async throws(HeapProbeFailure) -> String {
        // What is published lags two collections behind.
        for _ in 0..<Self.lag { _ = try await pages.liveBytes() }
        let text = String(decoding: try await pages.heapProfile(), as: UTF8.self)
        guard text.hasPrefix("heap profile: ") else { throw HeapProbeFailure("\(pages) does not print a heap profile") }
        return text
    }

    private static let lag = 2
}
