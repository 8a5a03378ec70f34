import LeakStatistics
import Lifecycles

/// Which rows of a check are explained, and with how many connections; pure.
enum ExplanationPlan {
    /// How many connections a row's fresh process takes: some before the first snapshot, and in each of the two intervals.
    struct Load: Hashable {
        var warmUp: Int
        var interval: Int
    }

    /// Rows that leak alike have one cause; of so many kinds at most one row each is explained.
    static let mostRows = 3
    /// An interval of a row of which nothing is known.
    private static let usualInterval = 500
    /// How often what is left must show in an interval, and the bounds of an interval.
    private static let (occurrences, leastInterval, mostInterval) = (10.0, 100, 5000)
    private static let leastWarmUp = 2000
    /// The share of the limit of descriptors, the threads and the bytes that may be left by all connections together.
    private static let (descriptorShare, mostThreads, mostBytes) = (0.5, 1500.0, Double(1 << 30))

    /// The rows to explain, as indices: the example of each group that leaks alike and is not a known leak, unless `takesKnown`
    /// or its entry names a cause, which may be another by now.
    static func rows(of result: CheckResult, takesKnown: Bool) -> [Int] {
        var chosen: [Int] = []
        for group in result.leakGroups where takesKnown || !group.isKnown(in: result) {
            guard let row = group.rows.first(where: { !group.lastsWhilePeersStay(in: result.rows[$0]) }) else {
                continue
            }
            if !chosen.contains(row) { chosen.append(row) }
        }
        return Array(chosen.prefix(mostRows))
    }

    /// The rows to explain of a recorded result: those with the labels `names`, or examples of all that leaks, known or not.
    static func rows(of result: CheckResult, named names: [String]) throws(LeakCheck.NothingToExplain) -> [Int] {
        let leaking = result.rows.indices.filter { result.rows[$0].resources.contains { $0.verdict == .leak } }
        guard !leaking.isEmpty else { throw .noLeak }
        guard !names.isEmpty else {
            let examples = rows(of: result, takesKnown: true)
            guard !examples.isEmpty else { throw .onlyWhilePeersStay }
            return examples
        }
        var chosen: [Int] = []
        for name in names {
            guard let row = result.rows.firstIndex(where: { $0.lifecycle.label == name }) else { throw .noRow(name) }
            guard leaking.contains(row) else { throw .notLeaking(name) }
            if !chosen.contains(row) { chosen.append(row) }
        }
        return chosen
    }

    /// How many connections explain `row`, whose process may open `descriptorLimit` descriptors; nil where so many as would tell
    /// leave more than a process should bear.
    static func load(for row: CheckResult.Row, descriptorLimit: Int?) -> Load? {
        var most = Double.infinity
        var rarest = 1.0
        for finding in row.resources where finding.verdict == .leak {
            guard let amount = finding.perConnection, amount > 0 else { continue }
            switch finding.resource {
            case .descriptors: most = min(most, descriptorShare * Double(descriptorLimit ?? 1024) / amount)
            case .threads: most = min(most, mostThreads / amount)
            case .privateMemory, .liveHeap: most = min(most, mostBytes / amount)
            default: break
            }
            if !finding.resource.isMemory { rarest = min(rarest, amount) }
        }
        let wanted = max(Double(usualInterval), min(occurrences / rarest, Double(mostInterval)))
        // Half before the first snapshot, a quarter in each interval.
        let interval = Int(min(wanted, most / 4))
        guard interval >= leastInterval else { return nil }
        return Load(warmUp: Int(min(Double(max(leastWarmUp, 2 * interval)), most / 2)), interval: interval)
    }
}

extension LeakGroup {
    /// Whether all of it is gone once the peers of `row` have left, so that nothing is left to be explained.
    fileprivate func lastsWhilePeersStay(in row: CheckResult.Row) -> Bool {
        leaks.allSatisfy { leak in
            let finding = row.resources.first { $0.resource == leak.resource }
            if case .keptWhileStaying? = finding?.reason { return true } else { return false }
        }
    }

    /// Whether all of it is accepted, whatever its cause.
    fileprivate func isKnown(in result: CheckResult) -> Bool {
        leaks.allSatisfy { leak in
            let known = result.rows[rows[0]].resources.first { $0.resource == leak.resource }?.knownLeak
            return known != nil && known?.cause == nil
        }
    }
}
