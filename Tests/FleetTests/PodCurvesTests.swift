import Fleet
import LeakStatistics
import Testing

/// What is kept of pods for a plot.
@Suite("What pods held")
struct PodCurvesTests {
    private func result(pods: Int, _ change: (inout FleetPlan) -> Void = { _ in }) throws -> FleetResult {
        let shares = (0..<pods).map { 0.5 + 2 * Double($0) / Double(pods) }
        let fleet = WrittenFleet(
            shares: shares, labels: { ["job": "chat", "pod": "chat-\($0)", "version": $0 % 2 == 0 ? "a\"b" : "c"] }
        ) { _, accepted, _ in accepted * 0.02 }
        var plan = FleetPlan(time: WrittenFleet.time)
        plan.selector = "job=\"chat\""
        change(&plan)
        return try FleetRun(plan, fleet).result()
    }

    @Test("of many pods twelve are kept, those of most and of fewest connections among them")
    func many() throws {
        let curves = try result(pods: 20).findings[0].curves
        #expect(curves.shown.count == 12 && curves.leftOut.count == 8)
        #expect(curves.shown.first?.pod == "chat-19" && curves.shown.last?.pod == "chat-0")
        #expect(Set(curves.shown.map(\.pod) + curves.leftOut).count == 20)
        #expect(try result(pods: 12).findings[0].curves.leftOut.isEmpty)
    }

    @Test("a curve is judged from the half of its life on, and climbs at the slope")
    func slope() throws {
        let curves = try result(pods: 6).findings[0].curves
        let life = try #require(curves.shown.first?.lives.first)
        #expect(life.judgedFrom == life.points.count / 2)
        let fit = try #require(curves.fit)
        let (begin, end) = (life.points[life.judgedFrom], life.points[life.points.count - 1])
        let rise = (end.level - begin.level) / (end.connections - begin.connections)
        #expect(abs(rise - fit.perConnection) < 0.002 && fit.interval.contains(fit.perConnection))
    }

    @Test("beside a baseline that grows as well, the slope is that of the pods themselves")
    func baseline() throws {
        let result = try result(pods: 12) {
            $0.groupLabel = "version"
            $0.baseline = LabelMatcher(name: "version", value: "c")
        }
        let finding = try #require(result.findings.first { !$0.isBaseline })
        #expect(abs(finding.perConnection ?? 1) < 0.001)
        #expect(abs((finding.curves.fit?.perConnection ?? 0) - 0.02) < 0.001)
    }

    @Test("each finding has the query that shows its pods, and the pods have their lives")
    func queries() throws {
        let result = try result(pods: 6) { $0.groupLabel = "version" }
        #expect(
            result.findings.map(\.query) == [
                "process_open_fds{job=\"chat\",version=\"a\\\"b\"}", "process_open_fds{job=\"chat\",version=\"c\"}",
            ])
        #expect(result.pods.map(\.name) == ["chat-0", "chat-2", "chat-4", "chat-1", "chat-3", "chat-5"])
        #expect(result.pods.map(\.group) == ["a\"b", "a\"b", "a\"b", "c", "c", "c"])
        #expect(result.pods.allSatisfy { $0.lives.count == 1 && $0.connections > 0 })
    }
}
