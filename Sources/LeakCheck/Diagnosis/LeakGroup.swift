import LeakStatistics
import Lifecycles

/// One finding for several rows: they leak the same resources in the same amounts.
package struct LeakGroup: Sendable {
    /// What they leak; the lifecycles are the same for each resource.
    package let leaks: [SharedLeak]
    /// The rows, as indices of the result's rows.
    package let rows: [Int]
}

/// A leak of one row.
struct RowLeak {
    var row: Int
    var label: String
    var finding: CheckResult.Finding

    /// Whether both leave the same: their intervals meet, or their amounts lie within a tenth of each other.
    fileprivate func agrees(with other: RowLeak) -> Bool {
        if let interval = finding.interval, let another = other.finding.interval, interval.overlaps(another) {
            return true
        }
        let amounts = [amount, other.amount].sorted()
        return amounts[1] - amounts[0] <= Self.tolerance * amounts[1]
    }

    /// What amounts may differ by and be the same: two runs of one leak differ by as much.
    private static let tolerance = 0.1

    var amount: Double { finding.perConnection ?? 0 }
}

extension SharedLeak {
    /// What `leaks`, which is not empty, have in common.
    init(_ leaks: [RowLeak]) {
        let amounts = leaks.map(\.amount).sorted()
        resource = leaks[0].finding.resource
        perConnection = amounts[amounts.count / 2]
        least = amounts[0]
        most = amounts[amounts.count - 1]
        isSame = RowLeak.clusters(leaks).count == 1
        lifecycles = leaks.map(\.label)
    }
}

extension RowLeak {
    /// The leaks by amount, the smallest first: in each part every one agrees with every other.
    static func clusters(_ leaks: [RowLeak]) -> [[RowLeak]] {
        var clusters: [[RowLeak]] = []
        for leak in leaks.sorted(by: { ($0.amount, $0.row) < ($1.amount, $1.row) }) {
            if let last = clusters.indices.last, clusters[last].allSatisfy({ $0.agrees(with: leak) }) {
                clusters[last].append(leak)
            } else {
                clusters.append([leak])
            }
        }
        return clusters.map { $0.sorted { $0.row < $1.row } }
    }
}

extension CheckResult {
    /// Leaks of `resource`, one for each row that has one.
    func leaks(of resource: Resource) -> [RowLeak] {
        rows.enumerated().compactMap { index, row in
            row.resources.first { $0.resource == resource && $0.verdict == .leak }.map {
                RowLeak(row: index, label: row.lifecycle.label, finding: $0)
            }
        }
    }

    /// The leaks, each once for all rows that have the same, in the order of the rows.
    ///
    /// What is accepted for one reason, and what no longer is, stands apart from what is new.
    package var leakGroups: [LeakGroup] {
        let clusters = rows.flatMap { $0.resources.map(\.resource) }.uniqued.flatMap { resource in
            Dictionary(grouping: leaks(of: resource)) { Standing($0.finding) }.values.flatMap(RowLeak.clusters)
        }
        // A resource that leaks in the same rows as another belongs to the same finding.
        let groups = Dictionary(grouping: clusters) { cluster in
            GroupKey(rows: cluster.map(\.row), standing: Standing(cluster[0].finding))
        }
        return groups.map { key, clusters in LeakGroup(leaks: clusters.map(SharedLeak.init), rows: key.rows) }
            .sorted { ($0.rows[0], $0.order(in: self)) < ($1.rows[0], $1.order(in: self)) }
    }

    /// What is said of a leak beside its amount: why it is accepted and until when, and the entry that no longer does.
    private struct Standing: Hashable {
        var reason: String?
        var expires: CalendarDay?
        var outdated: KnownLeak?

        init(_ finding: Finding) {
            reason = finding.knownLeak?.reason
            expires = finding.knownLeak?.expires
            outdated = finding.outdatedKnownLeak
        }
    }

    private struct GroupKey: Hashable {
        var rows: [Int]
        var standing: Standing
    }
}

extension LeakGroup {
    /// The place of its first resource among those of its first row.
    fileprivate func order(in result: CheckResult) -> Int {
        result.rows[rows[0]].resources.firstIndex { $0.resource == leaks[0].resource } ?? 0
    }
}

extension [Resource] {
    /// Each once, in order.
    fileprivate var uniqued: [Resource] {
        var seen: Set<Resource> = []
        return filter { seen.insert($0).inserted }
    }
}
