import Fleet
import LeakStatistics
import Testing

/// The rules of the verdict, each with a fleet made for it.
@Suite("Rules of a fleet's verdict")
struct FleetRuleTests {
    private static let unequal = [0.5, 0.8, 1, 1.4, 2, 2.6]

    private func finding(
        _ fleet: WrittenFleet, _ change: (inout FleetPlan) -> Void = { _ in }
    ) throws -> FleetResult.Finding {
        var plan = FleetPlan(time: WrittenFleet.time)
        change(&plan)
        return try #require(try FleetRun(plan, fleet).result().findings.first)
    }

    @Test("growth with connections, in pods with unequal shares, is a leak")
    func leak() throws {
        let found = try finding(WrittenFleet(shares: Self.unequal) { _, accepted, _ in accepted * 0.02 })
        #expect(found.verdict == .leak)
        #expect(abs((found.perConnection ?? 0) - 0.02) < 0.001)
    }

    @Test("the heap that a watch exports is judged as live heap, with a collector's drift")
    func watchedHeap() throws {
        func fleet(_ bytes: Double) -> WrittenFleet {
            var fleet = WrittenFleet(shares: Self.unequal) { _, accepted, _ in accepted * bytes }
            fleet.metrics["watertight_watch_live_heap_bytes"] = fleet.metrics.removeValue(forKey: "process_open_fds")
            return fleet
        }
        let found = try finding(fleet(1024))
        #expect(found.resource == .liveHeap && found.metric == "watertight_watch_live_heap_bytes")
        #expect(found.verdict == .leak && abs((found.perConnection ?? 0) - 1024) < 16, "\(found)")
        #expect(try finding(fleet(0)).verdict == .clean)
    }

    @Test("nothing but open connections is clean, with the smallest leak that would have been seen")
    func clean() throws {
        let found = try finding(WrittenFleet(shares: Self.unequal) { _, _, _ in 0 })
        #expect(found.verdict == .clean)
        #expect(found.smallestDetectable ?? 1 < 0.001)
    }

    @Test("growth with the hours is none of connections")
    func hours() throws {
        let found = try finding(WrittenFleet(shares: Self.unequal) { hours, _, _ in hours * 2 })
        #expect(found.verdict == .inconclusive)
        guard case .growsWithTime(let perHour) = found.reason else {
            Issue.record("\(found)")
            return
        }
        #expect(perHour > 0)
    }

    @Test("equal shares cannot tell time and connections apart; a baseline can")
    func equalShares() throws {
        let fleet = WrittenFleet(shares: Array(repeating: 1, count: 6)) { _, accepted, _ in accepted * 0.02 }
        guard case .equalShares(let spread) = try finding(fleet).reason else {
            Issue.record("not told")
            return
        }
        #expect(spread < 0.01)

        var both = WrittenFleet(
            shares: Array(repeating: 1, count: 4), labels: { ["pod": "new-\($0)", "version": "2"] }
        ) { _, accepted, _ in accepted * 0.02 }
        let before = WrittenFleet(
            shares: Array(repeating: 1, count: 4), labels: { ["pod": "old-\($0)", "version": "1"] }
        ) { _, _, _ in 0 }
        both.metrics.merge(before.metrics) { $0 + $1 }
        var plan = FleetPlan(time: WrittenFleet.time)
        plan.groupLabel = "version"
        plan.baseline = LabelMatcher("version=\"1\"")
        let result = try FleetRun(plan, both).result()
        #expect(result.findings.map(\.isBaseline) == [true, false])
        #expect(result.findings[1].verdict == .leak)
        #expect(result.verdict == .leak)
    }

    @Test("growth that ends is a cache")
    func cache() throws {
        let found = try finding(WrittenFleet(shares: Self.unequal) { _, accepted, _ in min(400, accepted * 0.1) })
        #expect(found.verdict == .clean, "\(found)")
    }

    @Test("without a quiet time nothing shows that growth would have stayed")
    func quiet() throws {
        let found = try finding(
            WrittenFleet(shares: Self.unequal, hasQuietTimes: false) { _, accepted, _ in accepted * 0.02 })
        #expect(found.reason == .fewQuietTimes(kept: 0, seen: 0))
    }

    @Test("two pods are too few, and no gauge of open connections leaves growth unexplained")
    func missing() throws {
        #expect(try finding(WrittenFleet(shares: [1, 2]) { _, accepted, _ in accepted }).reason == .fewPods(2))
        var fleet = WrittenFleet(shares: Self.unequal) { _, accepted, _ in accepted * 0.02 }
        fleet.metrics["websocket_connections"] = nil
        #expect(try finding(fleet).reason == .noOpen)
    }

    @Test("an answer in part is never clean, and is said")
    func partial() throws {
        var fleet = WrittenFleet(shares: Self.unequal) { _, _, _ in 0 }
        fleet.warnings = ["store-2 did not answer"]
        let result = try FleetRun(FleetPlan(time: WrittenFleet.time), fleet).result()
        #expect(result.verdict == .inconclusive)
        #expect(result.findings[0].reason == .partial)
        #expect(result.notes.contains(.partial("store-2 did not answer")))
    }

    @Test("what is missing or split is one error")
    func errors() throws {
        let fleet = WrittenFleet(shares: Self.unequal) { _, _, _ in 0 }
        func failure(_ fleet: WrittenFleet, _ change: (inout FleetPlan) -> Void = { _ in }) -> FleetFailure? {
            do {
                _ = try finding(fleet, change)
                return nil
            } catch { return error as? FleetFailure }
        }
        var empty = fleet
        empty.metrics = [:]
        #expect(failure(empty) { $0.selector = "job=\"x\"" } == .nothingSelected(selector: "job=\"x\""))
        #expect(
            failure(fleet) { $0.connections = "websocket_accepted" }
                == .noMetric(
                    name: "websocket_accepted",
                    like: ["websocket_connections_accepted_total", "websocket_connections"]))
        var uncounted = fleet
        uncounted.metrics["websocket_connections_accepted_total"] = nil
        #expect(failure(uncounted) == .noConnections)
        var gaugeless = fleet
        gaugeless.metrics["process_open_fds"] = nil
        #expect(failure(gaugeless) == .noGauge)

        var split = fleet
        split.metrics["websocket_connections_accepted_total"] = ["/a", "/b"].flatMap { path in
            (fleet.metrics["websocket_connections_accepted_total"] ?? []).map { series in
                MetricSeries(labels: series.labels.merging(["path": path]) { $1 }, points: series.points)
            }
        }
        #expect(
            failure(split)
                == .split(metric: "websocket_connections_accepted_total", label: "path", pod: "chat-0"))

        var unrelated = fleet
        unrelated.metrics["websocket_connections_accepted_total"] = ["a", "b"].map { node in
            MetricSeries(
                labels: ["job": "ingress", "node": node],
                points: fleet.metrics["websocket_connections_accepted_total"]?.first?.points ?? [])
        }
        #expect(
            failure(unrelated)
                == .unrelated(
                    metric: "websocket_connections_accepted_total", gauge: "process_open_fds", labels: ["job"]))
    }

    @Test("a week is read in parts within the store's limits")
    func parts() {
        let plan = FleetPlan(time: WrittenFleet.time)
        #expect(plan.step == 300 && plan.block == 10_800)
        #expect(plan.parts(series: 12).count == 1)
        let many = plan.parts(series: 1000)
        #expect(many.count == 5)
        #expect(many.first?.lowerBound == 0 && many.last?.upperBound == WrittenFleet.time.upperBound)
        #expect(zip(many, many.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }

    @Test("matchers", arguments: ["version=\"1.4\"", "version!=\"1.4\""])
    func matchers(text: String) throws {
        let matcher = try #require(LabelMatcher(text))
        #expect(matcher.matches(["version": "1.4"]) != matcher.isNegated)
        #expect(matcher.matches(["version": "1.5"]) == matcher.isNegated)
        #expect(LabelMatcher("version") == nil && LabelMatcher("version=1.4") == nil)
    }
}
