package import LeakStatistics
import Lifecycles

/// When a trial shows a symptom.
///
/// It decides what is worth a closer look, never what leaks: that is said by a row of the check. So it may be wrong, and learns
/// from it: what was refuted needs more growth the next time.
package struct TrialRule: Sendable {
    /// Whether an exact gauge of the heap is read, beside which private memory says little.
    package var hasExactHeap = false
    /// By how much more than usual a resource must grow, for what was refuted before.
    package private(set) var caution: [Resource: Double] = [:]

    /// Where growth of bytes differs more than this between rounds, something fills up and does not leak.
    static let mostUneven = 4.0
    private static let (moreCaution, mostCaution) = (2.0, 64.0)
    /// What so large a share of the connections leave behind is no chance.
    private static let certainShare = 0.75
    /// The resources in the order in which they are followed: the most exact first.
    private static let order: [Resource] = [.descriptors, .threads, .goroutines, .objects, .blocks, .liveHeap]

    /// A rule that has learned nothing.
    package init() {}

    /// Growth of `resource` was taken for a leak and is none.
    package mutating func learnRefutation(of resource: Resource) {
        caution[resource] = min(Self.mostCaution, caution[resource, default: 1] * Self.moreCaution)
    }

    /// How much a round must leave behind of `resource`, if each of `scripts` scripts makes so many `connections`.
    func threshold(_ resource: Resource, scripts: Int, connections: Int) -> Double {
        let (one, all) = (Double(connections), Double(connections * scripts))
        let least =
            switch resource {
            case .privateMemory where hasExactHeap: max(48 * 1024, 768 * one, 16 * all)
            case .privateMemory: max(64 * 1024, 512 * one, 48 * all)
            case .liveHeap: max(512, 48 * one, 2 * all)
            default: resource.scale == .blocks ? max(5, 0.75 * one) : max(3, 0.2 * one)
            }
        let cautious = least * caution[resource, default: 1]
        // However often a count was refuted, what nearly every connection leaves is followed.
        return resource.scale == .counts ? min(cautious, max(least, Self.certainShare * one)) : cautious
    }

    /// What each connection of one script leaves behind, by resource, as if one script alone did it; only what grew in each
    /// round, and is still there after the rest if there was one.
    package func growth(_ trial: Trial, _ result: TrialResult) -> [Resource: Double] {
        guard result.levels.count > Trial.rounds, let first = result.levels.first else { return [:] }
        var growth: [Resource: Double] = [:]
        for (resource, level) in first {
            let levels = result.levels.compactMap { $0[resource] }
            guard levels.count == result.levels.count else { continue }
            let steps = zip(levels, levels.dropFirst()).map { $1 - $0 }
            let threshold = threshold(resource, scripts: trial.scripts.count, connections: trial.connections)
            guard let least = steps.min(), let most = steps.max(), least >= threshold else { continue }
            guard most <= least * Self.mostUneven else { continue }
            let total = levels[levels.count - 1] - level
            if let rested = result.rested?[resource], rested - level < total / 2 { continue }
            growth[resource] = total / Double(steps.count * trial.connections)
        }
        return growth
    }

    /// The symptom to follow, and how much each connection leaves where it is growth (1 for another); nil where there is none.
    package func symptom(_ trial: Trial, _ result: TrialResult) -> (symptom: Symptom, amount: Double)? {
        // What a target holds for good may well make it spin: the growth says more.
        if let failure = result.failure, failure.symptom != .spinning { return (failure.symptom, 1) }
        let growth = growth(trial, result)
        for resource in Self.order + growth.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            if let amount = growth[resource] { return (.growth(resource), amount) }
        }
        return result.failure.map { ($0.symptom, 1) }
    }

    /// How much of `symptom` the trial shows: the growth a connection, or 1; nil where it does not show it.
    package func amount(of symptom: Symptom, _ trial: Trial, _ result: TrialResult) -> Double? {
        switch symptom {
        case .growth(let resource): growth(trial, result)[resource]
        case .violation(let rule): result.violations.contains { $0.violation.rule == rule } ? 1 : nil
        case .ended, .stalled, .spinning: result.failure?.symptom == symptom ? 1 : nil
        }
    }
}
