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
    /// By how much amounts may differ that are alike.
    private static let likeness = 0.15
    /// An interval of a row of which nothing is known.
    private static let usualInterval = 500
    /// How often what is left must show in an interval, and the bounds of an interval.
    private static let (occurrences, leastInterval, mostInterval) = (10.0, 100, 5000)
    private static let leastWarmUp = 2000
    /// The share of the limit of descriptors, the threads and the bytes that may be left by all connections together.
    private static let (descriptorShare, mostThreads, mostBytes) = (0.5, 1500.0, Double(1 << 30))

    /// The rows to explain, as indices: the first of each kind that leaks and is not a known leak, unless `takesKnown`.
    static func rows(of rows: [CheckResult.Row], takesKnown: Bool) -> [Int] {
        var chosen: [Int] = []
        for index in rows.indices where !amounts(rows[index], takesKnown).isEmpty {
            let isLike = chosen.contains { areAlike(amounts(rows[$0], takesKnown), amounts(rows[index], takesKnown)) }
            if !isLike { chosen.append(index) }
        }
        return Array(chosen.prefix(mostRows))
    }

    private static func amounts(_ row: CheckResult.Row, _ takesKnown: Bool) -> [Resource: Double] {
        let leaks = row.resources.filter { $0.verdict == .leak && (takesKnown || $0.knownLeak == nil) }
        return Dictionary(leaks.map { ($0.resource, $0.perConnection ?? 0) }) { $1 }
    }

    private static func areAlike(_ left: [Resource: Double], _ right: [Resource: Double]) -> Bool {
        left.keys == right.keys
            && left.allSatisfy { resource, amount in
                let other = right[resource] ?? 0
                return abs(amount - other) <= likeness * max(amount, other)
            }
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
