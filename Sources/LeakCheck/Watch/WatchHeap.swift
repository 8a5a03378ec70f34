import HeapProbes
import LeakStatistics
import Remedies
import SystemCalls
import Targets

/// What a watch reads of a target beside its processes: the live heap, and what the user has named.
struct WatchHeap {
    private let probes: TargetProbes
    /// Where the readings come from.
    let sources: [ProbeSource]
    /// What the reader should know of them.
    let notes: [Problem]

    /// Opens what is asked for of the target, whose readings take at most `share` of the time; throws `TargetFailure` where
    /// what was asked for by name cannot be read.
    init(_ templates: [HeapTemplate], share: Double, of subject: WatchSubject) async throws {
        let probes = TargetProbes(share: share)
        self.probes = probes
        if !templates.isEmpty, let heap = subject.heapSubject {
            await probes.open(templates.map { $0.specification(port: heap.url.port) }, of: heap)
        }
        var notes: [Problem] = []
        for (resource, problem) in await probes.failures {
            guard resource == .liveHeap, templates.contains(.automatic) else { throw TargetFailure.invalid(problem) }
            notes.append("the live heap is not read: \(problem)")
        }
        self.notes = notes + (await probes.remarks)
        sources = await probes.sources
    }

    /// The levels now, by the names of their resources, of what is due; everything is due at the `first` sample. Nil where
    /// nothing is.
    func levels(first: Bool) async -> [String: Double]? {
        let levels = await probes.read(connections: 0, isDecisive: first)
        return levels.isEmpty
            ? nil : Dictionary(levels.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// Why something is no longer read, by the name of its resource.
    var unread: [String: Problem] {
        get async {
            Dictionary(await probes.failures.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { $1 })
        }
    }

    /// What the last readings took together, in seconds.
    var costSeconds: Double { get async { await probes.cost.inSeconds } }

    /// Lets go of the target.
    func close() async { await probes.close() }
}
