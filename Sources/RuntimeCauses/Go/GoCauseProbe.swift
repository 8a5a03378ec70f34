import Causes
import HeapProbes
import Remedies
import SystemCalls

/// Causes in a Go program: goroutines, by where they wait and the line that started them, and blocks, by the stack that allocated
/// them.
struct GoCauseProbe: CauseProbe {
    private let traces: GoTraces
    private let sizes = Locked(BlockSizes())

    var source: String { traces.source }
    var note: Problem? { traces.heapNote }

    /// Nil where the target is no Go program.
    init?(_ subject: HeapSubject) async throws(HeapProbeFailure) {
        guard let traces = try await GoTraces(subject) else { return nil }
        self.traces = traces
    }

    func snapshot() async throws(Explanation.Failure) -> CauseSnapshot {
        var snapshot = CauseSnapshot()
        snapshot.add(
            goroutines: try await Explanation.explained { () throws(HeapProbeFailure) in try await traces.goroutines() }
        )
        guard traces.heapNote == nil else { return snapshot }
        var found = BlockSizes()
        snapshot.add(
            heapProfile: try await Explanation.explained { () throws(HeapProbeFailure) in try await traces.heap() },
            sizes: &found)
        sizes.withLock { [found] in $0 = found }
        return snapshot
    }

    func refined(_ causes: [Cause]) async -> [Cause] {
        let sizes = sizes.withLock { $0 }
        return causes.map { cause in
            guard cause.kind == .allocation else { return cause }
            var named = sizes.named(cause)
            named.site = cause.site.withoutAllocator
            return named
        }
    }

    func close() async {}
}

extension [CodeFrame] {
    /// From the function on that asked the runtime for memory.
    fileprivate var withoutAllocator: [CodeFrame] {
        let rest = drop { $0.function.hasPrefix("runtime.") }
        return rest.isEmpty ? self : Array(rest)
    }
}
