import Fleet
import Glibc
import LeakStatistics
import SimulatedFleet

/// What it costs to judge a fleet of any size, without what a store has to do.
struct FleetCost {
    var pods: Int
    var days: Int
    /// Whether each ten pods are a group.
    var isGrouped: Bool

    /// Judges it, and says what that took: seconds, seconds of processor time, the most memory, and the machine's load.
    func measured() throws -> String {
        let end = 1_750_000_200.0
        var plan = FleetPlan(time: (end - Double(days) * 86_400)..<end)
        plan.groupLabel = isGrouped ? "deployment" : nil
        let clock = ContinuousClock()
        let fleet = LargeFleet(pods: pods, begin: plan.time.lowerBound)
        var answers = 0.0
        let answering = CountedSource(fleet) { answers += $0 }
        var result: FleetResult?
        let wall = try clock.measure { result = try FleetRun(plan, answering).result() }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let processor = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
        var load = 0.0
        getloadavg(&load, 1)
        let findings = result?.findings ?? []
        let verdicts = Dictionary(grouping: findings) { $0.verdict?.rawValue ?? "" }.mapValues(\.count)
        return
            "\(pods) pods, \(days) days, \(findings.count) findings \(verdicts): \(wall) in all, of which \(answers) s for "
            + "making the answers; \(processor) s of processor time, \(usage.ru_maxrss >> 10) MiB at most, load \(load)"
    }
}

/// A store that counts how long it takes to answer.
private struct CountedSource: MetricSource {
    let source: LargeFleet
    let count: (Double) -> Void

    init(_ source: LargeFleet, count: @escaping (Double) -> Void) {
        self.source = source
        self.count = count
    }

    func names(matching selector: String, in time: Range<Double>) -> Set<String> {
        source.names(matching: selector, in: time)
    }

    func series(of query: String, in time: Range<Double>, step: Double) -> MetricAnswer {
        var answer: MetricAnswer?
        let took = ContinuousClock().measure { answer = source.series(of: query, in: time, step: step) }
        count(took / .seconds(1))
        return answer ?? MetricAnswer([])
    }
}
