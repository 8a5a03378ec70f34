import Fleet
import LeakStatistics
import SimulatedFleet

/// Results of a fleet to report on.
enum FleetFixtures {
    /// A week of simulated pods, by version; with a leak of descriptors or without.
    static func week(leaking: Bool, baseline: String? = nil) throws -> FleetResult {
        let week = SimulatedWeek(seed: 2, leak: .init(descriptors: leaking ? 0.01 : 0))
        var plan = FleetPlan(time: week.time)
        plan.selector = "job=\"chat\""
        plan.groupLabel = "version"
        plan.baseline = baseline.map { LabelMatcher(name: "version", value: $0) }
        var result = try FleetRun(plan, week).result()
        result.durationSeconds = 1.25
        result.reproducer = "watertight fleet http://prometheus:9090 --by version"
        return result
    }

    /// What a Prometheus may say that means harm, or has no group, in every place where it is told.
    static var hostile: FleetResult {
        let evil = "<b>&\"'\n\u{1B}[2J::error::forged</b>"
        var result = FleetResult(
            time: 1_700_006_400..<1_700_611_200, selector: "job=\"\(evil)\"", step: 300, connections: evil, open: nil,
            groupLabel: "version", baseline: LabelMatcher(name: "version", value: evil))
        result.notes = [.partial(evil), .noOpen]
        let points = (0..<20).map { GrowthSeries.Point(connections: Double($0) * 100, level: 40 + Double($0) * 2) }
        let curve = PodCurves.Curve(pod: evil, lives: [.init(points: points, judgedFrom: 10)])
        let curves = PodCurves(
            shown: [curve], leftOut: [evil], fit: .init(perConnection: 0.02, interval: 0.01...0.03))
        for group in [evil, ""] {
            var leak = FleetResult.Finding(
                group: group, isBaseline: group.isEmpty, resource: .descriptors, metric: evil, pods: 4, lives: 4,
                connections: 8000, verdict: .leak, perConnection: 0.02, interval: 0.01...0.03, growingPods: 4,
                exhaustion: .init(pod: evil, limit: 1024, time: 1_701_000_000))
            leak.query = evil
            leak.curves = curves
            result.findings += [
                leak,
                .init(
                    group: group, resource: .liveHeap, metric: evil, pods: 4, lives: 4, connections: 8000,
                    verdict: .inconclusive, reason: .partial),
            ]
            result.pods.append(
                FleetPod(
                    name: evil, group: group,
                    lives: [.init(time: 1_700_006_400...1_700_100_000, connections: 8000)]))
        }
        result.interruption = .init(
            .lost(.refused(status: 503, problem: evil)), readUntil: 1_700_300_000, unread: [evil])
        result.reproducer = evil
        return result
    }

    /// A fleet in which nothing was found to judge.
    static var empty: FleetResult {
        FleetResult(
            time: 0..<604_800, selector: "", step: 300, connections: "accepted_total", open: nil, groupLabel: nil,
            baseline: nil)
    }
}
