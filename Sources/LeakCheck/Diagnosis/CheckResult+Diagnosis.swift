import LeakStatistics
import Lifecycles

extension CheckResult {
    /// What the leaking rows have in common, one for each leak that can be told apart; empty where nothing can be
    /// concluded: nothing leaks but what is known, or one row was driven. The one of most rows comes first.
    ///
    /// Rows that are inconclusive, stalled or known to leak neither support a diagnosis nor contradict it. Nor does a
    /// clean row whose bound is larger than the leak.
    public var diagnoses: [Diagnosis] {
        var diagnoses: [Diagnosis] = []
        for resource in resources.sorted(by: { $0.rank < $1.rank }) {
            for diagnosis in self.diagnoses(of: resource, beside: diagnoses.map(\.kind)) {
                if let index = diagnoses.firstIndex(where: { $0.includes(diagnosis) }) {
                    diagnoses[index].add(diagnosis, order: rows.map(\.lifecycle.label))
                } else {
                    diagnoses.append(diagnosis)
                }
            }
        }
        return diagnoses.sorted { $0.lifecycles.count > $1.lifecycles.count }
    }

    /// The diagnosis of one resource; one for each amount where only that sets the rows apart. A pattern of `kinds`, which
    /// explain other resources, needs no second cause: it is preferred.
    private func diagnoses(of resource: Resource, beside kinds: [Diagnosis.Kind]) -> [Diagnosis] {
        let table = Pattern.table.filter { kinds.contains($0.kind) } + Pattern.table
        let leaks = leaks(of: resource).filter { $0.finding.knownLeak == nil && rows[$0.row].stall == nil }
        guard !leaks.isEmpty else { return [] }
        let whole = diagnosis(leaks, spared: rows(without: leaks), table)
        guard whole?.kind == .noPattern else { return whole.map { [$0] } ?? [] }
        let clusters = RowLeak.clusters(leaks)
        let parts = clusters.enumerated().compactMap { index, cluster in
            // A row that leaks less does not have this leak; one that leaks more may.
            diagnosis(
                cluster, spared: rows(without: cluster) + clusters[..<index].flatMap { $0.map(\.row) }, table)
        }
        return parts.count == clusters.count && parts.contains { $0.kind.isPattern }
            ? parts : whole.map { [$0] } ?? []
    }

    /// Rows that are clean of a leak as small as the smallest of `leaks`.
    private func rows(without leaks: [RowLeak]) -> [Int] {
        let least = leaks.map(\.amount).min() ?? 0
        return rows.indices.filter { index in
            rows[index].stall == nil
                && rows[index].resources.contains { finding in
                    finding.resource == leaks[0].finding.resource && finding.verdict == .clean
                        && (finding.smallestDetectable ?? .infinity) <= least
                }
        }
    }

    /// The first diagnosis of `table` for rows of which `leaks` are those that leak; nil where nothing can be compared.
    private func diagnosis(_ leaks: [RowLeak], spared: [Int], _ table: [Pattern]) -> Diagnosis? {
        let lifecycles = leaks.map { rows[$0.row].lifecycle }
        let facts = lifecycles.map(LifecycleFacts.init)
        let sparedFacts = spared.map { LifecycleFacts(rows[$0].lifecycle) }
        let pattern = table.first { $0.holds(leaking: facts, spared: sparedFacts) }
        guard pattern != nil || !spared.isEmpty else { return nil }
        return Diagnosis(
            kind: pattern?.kind ?? (Set(lifecycles.map(\.name)).count == 1 ? .oneLifecycle : .noPattern),
            leaks: [SharedLeak(leaks)], lifecycles: leaks.map(\.label),
            spared: spared.sorted().map { rows[$0].lifecycle.label })
    }
}

extension Diagnosis {
    /// Whether `other`, of another resource, is the same defect: the same trait sets the same rows apart; or it is memory
    /// without a pattern of its own, in rows that leak what needs memory.
    fileprivate func includes(_ other: Diagnosis) -> Bool {
        if kind == other.kind { return kind.isPattern || lifecycles == other.lifecycles }
        return !other.kind.isPattern && other.leaks[0].resource.rank > leaks[0].resource.rank
            && Set(lifecycles).isSuperset(of: other.lifecycles)
    }

    /// Adds what `other` says of another resource; `order` is that of the rows.
    fileprivate mutating func add(_ other: Diagnosis, order: [String]) {
        leaks += other.leaks
        let leaking = Set(lifecycles + other.lifecycles)
        let clean = Set(spared + other.spared).subtracting(leaking)
        lifecycles = order.filter(leaking.contains)
        spared = order.filter(clean.contains)
    }
}

extension Resource {
    /// What needs the next to exist: descriptors, threads and other counts need objects, and these need memory.
    fileprivate var rank: Int {
        switch self {
        case .liveHeap, .blocks, .objects: 1
        case .privateMemory: 2
        default: 0
        }
    }
}
