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
            result.interruption
                == .init(.cancelled, readUntil: WrittenFleet.time.upperBound, unread: ["process_threads"]))
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
        #expect(result.interruption == .init(.cancelled, readUntil: parts[2].lowerBound, unread: []))
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
        #expect(result.interruption?.unread == ["process_max_fds"])
        let whole = try FleetRun(Self.plan, CutFleet(fleet(leaving: 0.02), after: 6)).result()
        #expect(whole.findings[0].exhaustion != nil && whole.interruption == nil)
    }
}
