import Fleet
import LeakStatistics
import Testing

/// What is made of a fleet that was not read to its end.
@Suite("A fleet that is read in part")
struct FleetInterruptionTests {
    private static let plan = FleetPlan(time: WrittenFleet.time)

    /// Pods that leave so much a connection, with a second gauge beside descriptors.
    private func fleet(leaving amount: Double) -> WrittenFleet {
        var fleet = WrittenFleet(shares: [0.5, 0.8, 1, 1.4, 2, 2.6]) { _, accepted, _ in accepted * amount }
        fleet.metrics["process_threads"] = fleet.metrics["process_open_fds"]
        fleet.metrics["process_max_fds"] = fleet.metrics["process_open_fds"]?.map { series in
            MetricSeries(labels: series.labels, points: series.points.map { .init(time: $0.time, value: 65_536) })
        }
        return fleet
    }

    // How many series, connections, open ones, descriptors; then threads, then limits.

    @Test("a leak in what was read stays one, and what was not read is named")
    func leak() throws {
        let result = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0.02), after: 4)).result()
        #expect(result.findings.map(\.resource) == [.descriptors])
        #expect(result.findings[0].verdict == .leak && result.verdict == .leak)
        #expect(
            result.interruption == .init(readUntil: WrittenFleet.time.upperBound, unread: ["process_threads"]))
    }

    @Test("nothing is clean that was not read whole")
    func clean() throws {
        let result = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0), after: 4)).result()
        #expect(result.verdict == .inconclusive && result.findings[0].reason == .partial)
        let whole = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0), after: .max)).result()
        #expect(whole.verdict == .clean && whole.interruption == nil)
    }

    @Test("of a time in parts, those that were read are judged")
    func parts() throws {
        let parts = Self.plan.parts(series: 1000)
        // One query of how many, four of each part, and two of the third.
        let result = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0.02), after: 11, series: 1000)).result()
        #expect(result.interruption == .init(readUntil: parts[2].lowerBound, unread: []))
        let whole = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0.02), after: .max, series: 1000)).result()
        #expect(result.findings[0].connections < whole.findings[0].connections / 2)
        #expect(result.pods.allSatisfy { $0.lives.allSatisfy { $0.time.upperBound < parts[2].lowerBound } })
    }

    @Test("before anything was read there is nothing to report", arguments: [0, 1, 3])
    func nothing(queries: Int) {
        #expect(throws: CancellationError.self) {
            try FleetRun(Self.plan, CutFleet(fleet(leaving: 0.02), after: queries)).result()
        }
    }

    @Test("cut while limits are asked for, all findings are there without a day")
    func limits() throws {
        let result = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0.02), after: 5)).result()
        #expect(result.findings.count == 2 && result.findings[0].exhaustion == nil)
        #expect(result.interruption?.unread == [])
        let whole = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0.02), after: 6)).result()
        #expect(whole.findings[0].exhaustion != nil && whole.interruption == nil)
    }
}

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
