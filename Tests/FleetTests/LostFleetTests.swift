import Fleet
import LeakStatistics
import Testing

/// What is made of a fleet whose store is lost on the way.
@Suite("A fleet whose store is lost")
struct LostFleetTests {
    private static let lost = StoreFailure.unreachable(problem: "HTTP 503: busy", attempts: 3)
    private static let plan = FleetPlan(time: WrittenFleet.time)
    private static let parts = plan.parts(series: 1000)

    /// Pods that hold so much, with a limit of their descriptors.
    private func fleet(
        labels: @escaping (Int) -> [String: String] = { ["pod": "chat-\($0)"] },
        holding level: @escaping (_ hours: Double, _ accepted: Double) -> Double
    ) -> WrittenFleet {
        var fleet = WrittenFleet(shares: [0.5, 0.8, 1, 1.4, 2, 2.6], labels: labels) { hours, accepted, _ in
            level(hours, accepted)
        }
        fleet.metrics["process_max_fds"] = fleet.metrics["process_open_fds"]?.map { series in
            MetricSeries(labels: series.labels, points: series.points.map { .init(time: $0.time, value: 65_536) })
        }
        return fleet
    }

    /// The result for a store that is lost in the part with this number; each part is three queries, and one is before them.
    private func result(
        _ fleet: WrittenFleet, lostIn part: Int, _ change: (inout FleetPlan) -> Void = { _ in }
    ) throws -> FleetResult {
        var plan = Self.plan
        change(&plan)
        return try FleetRun(plan, CutFleet(fleet, after: 1 + 3 * part + 1, series: 1000, error: Self.lost)).result()
    }

    @Test(
        "a leak that was shown stays one, and the missing part is named with why",
        arguments: [
            lost, .malformed(problem: "the answer breaks off after 60 bytes"),
            .refused(status: 422, problem: "too many"),
            .unauthorised(status: 401),
        ])
    func leak(failure: StoreFailure) throws {
        let cut = CutFleet(fleet { $1 * 0.02 }, after: 1 + 3 * 4 + 2, series: 1000, error: failure)
        let result = try FleetRun(Self.plan, cut).result()
        #expect(result.verdict == .leak && abs((result.findings[0].perConnection ?? 0) - 0.02) < 0.001)
        #expect(result.interruption == .init(.lost(failure), readUntil: Self.parts[4].lowerBound, unread: []))
    }

    @Test("what grows in the missing part only is not called clean; read whole, it is a leak")
    func late() throws {
        let begin = Self.parts[2].lowerBound / 3600
        let fleet = fleet { hours, accepted in hours < begin ? 0 : accepted * 0.02 }
        let found = try result(fleet, lostIn: 2)
        #expect(found.verdict == .inconclusive)
        #expect(found.findings[0].reason == .unread(from: Self.parts[2].lowerBound))
        let whole = try FleetRun(Self.plan, CutFleet(fleet, after: .max, series: 1000)).result()
        #expect(whole.verdict != .clean && whole.interruption == nil)
    }

    @Test("a healthy fleet is clean only where it was read to its end")
    func healthy() throws {
        #expect(try result(fleet { _, _ in 0 }, lostIn: 4).verdict == .inconclusive)
        let whole = try FleetRun(Self.plan, CutFleet(fleet { _, _ in 0 }, after: .max, series: 1000)).result()
        #expect(whole.verdict == .clean && whole.interruption == nil)
    }

    @Test("what is inconclusive for a reason of its own keeps that")
    func reasons() throws {
        let found = try result(fleet { hours, _ in hours * 2 }, lostIn: 4)
        guard case .growsWithTime = found.findings[0].reason else {
            Issue.record("\(found.findings[0])")
            return
        }
    }

    @Test("where nothing was read, the failure itself comes through", arguments: [0, 1, 2, 3])
    func nothing(queries: Int) {
        #expect(throws: Self.lost) {
            try FleetRun(Self.plan, CutFleet(fleet { $1 }, after: queries, error: Self.lost)).result()
        }
    }

    @Test("pods, a baseline or a label that may be in the missing part are not said to be missing")
    func mayBeMissing() throws {
        let late = Self.parts[2].lowerBound
        var fleet = fleet(labels: { ["pod": "chat-\($0)", "version": $0 < 3 ? "1" : "2"] }) { $1 * 0.02 }
        for (metric, series) in fleet.metrics {
            fleet.metrics[metric] = series.map { one in
                guard one.labels["version"] == "2" else { return one }
                return MetricSeries(labels: one.labels, points: one.points.filter { $0.time >= late })
            }
        }
        #expect(throws: Self.lost) {
            try result(fleet, lostIn: 2) {
                $0.groupLabel = "version"
                $0.baseline = LabelMatcher("version=\"2\"")
            }
        }
        fleet.metrics = fleet.metrics.mapValues { $0.filter { $0.labels["version"] == "2" } }
        #expect(throws: Self.lost) { try result(fleet, lostIn: 2) }
        #expect(throws: FleetFailure.baseline(isAll: true)) {
            var plan = Self.plan
            plan.groupLabel = "version"
            plan.baseline = LabelMatcher("version=\"2\"")
            _ = try FleetRun(plan, fleet).result()
        }
    }

    @Test("lost while limits are asked for, every verdict holds, without a day")
    func limits() throws {
        let cut = CutFleet(fleet { $1 * 0.02 }, after: 4, error: Self.lost)
        let result = try FleetRun(Self.plan, cut).result()
        #expect(result.verdict == .leak && result.findings[0].exhaustion == nil)
        #expect(
            result.interruption
                == .init(.lost(Self.lost), readUntil: WrittenFleet.time.upperBound, unread: ["process_max_fds"]))
    }
}
