import LeakStatistics
import Lifecycles

/// Why records cannot be put together.
public enum ShardMismatch: Error, Hashable, Sendable, CustomStringConvertible {
    /// They are of different targets.
    case targets(String, String)
    /// Two of them have a row of this label.
    case sameRow(String)
    /// They are of checks that were divided otherwise, or one was not divided.
    case division
    /// Shards of the division that none of them is.
    case missing([Int], of: Int)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .targets(let one, let other):
            "the records are of different targets, \(one) and \(other): compare them with watertight compare"
        case .sameRow(let label): "two of the records have the row \(label): give each shard once"
        case .division: "the records are of checks that were divided differently: give the shards of one check"
        case .missing(let indices, let count):
            indices.count == 1
                ? "shard \(indices[0]) of \(count) is missing: give its record, or nothing is known of its lifecycles"
                : "shards \(indices.map(String.init).joined(separator: ", ")) of \(count) are missing: give their records, "
                    + "or nothing is known of their lifecycles"
        }
    }
}

extension CheckResult {
    /// The result of the whole check whose shards `results` are.
    ///
    /// Rows keep their findings and reproducers. It took as long as the longest shard, as they run side by side. The first
    /// that ended early says how the whole did. `results` must not be empty.
    public init(merging results: [CheckResult]) throws(ShardMismatch) {
        self = results[0]
        var seen: Set<String> = []
        for result in results {
            guard result.target == target else { throw .targets(target, result.target) }
            for row in result.rows {
                guard seen.insert(row.lifecycle.label).inserted else { throw .sameRow(row.lifecycle.label) }
            }
        }
        try Self.requireWhole(results.map(\.shard))
        shard = nil
        for result in results.dropFirst() { add(result) }
        // As one check has them; the user's own lifecycles come last.
        let order = Lifecycle.all.map(\.name)
        let places = rows.map { order.firstIndex(of: $0.lifecycle.name) ?? order.count }
        rows = rows.indices.sorted { (places[$0], $0) < (places[$1], $1) }.map { rows[$0] }
    }

    private static func requireWhole(_ shards: [Shard?]) throws(ShardMismatch) {
        guard shards.count > 1 || shards.contains(where: { $0 != nil }) else { return }
        // Checks of lifecycles that were chosen by name may be put together as well.
        if shards.allSatisfy({ $0 == nil }) { return }
        let given = shards.compactMap { $0 }
        guard given.count == shards.count, Set(given.map(\.count)).count == 1 else { throw .division }
        let missing = Set(1...given[0].count).subtracting(given.map(\.index)).sorted()
        guard missing.isEmpty else { throw .missing(missing, of: given[0].count) }
    }

    private mutating func add(_ other: CheckResult) {
        rows += other.rows
        samples += other.samples
        memoryGrowth += other.memoryGrowth
        notes += other.notes.filter { !notes.contains($0) }
        probes += other.probes.filter { !probes.contains($0) }
        durationSeconds = max(durationSeconds, other.durationSeconds)
        budgetSeconds = max(budgetSeconds, other.budgetSeconds)
        startedAt = min(startedAt, other.startedAt)
        interruption = interruption ?? other.interruption
        startSeconds = [startSeconds, other.startSeconds].compactMap { $0 }.max()
        if let limit = other.descriptorLimit { descriptorLimit = min(descriptorLimit ?? limit, limit) }
        usesTracingGC = usesTracingGC || other.usesTracingGC
        timeSpent = nil
        if let stay = other.stay {
            self.stay = self.stay ?? stay
            self.stay?.rows.merge(stay.rows) { own, _ in own }
        }
    }
}
