import Fleet
import LeakStatistics
import SimulatedFleet
import Testing

/// Verdicts on weeks that are the same on every machine; `fleet-weeks` judges hundreds.
@Suite("A fleet's week")
struct FleetWeekTests {
    private func result(_ week: SimulatedWeek, _ change: (inout FleetPlan) -> Void = { _ in }) throws -> FleetResult {
        var plan = FleetPlan(time: week.time)
        change(&plan)
        return try FleetRun(plan, week).result()
    }

    @Test("without a leak, with all that looks like one, none is found", arguments: 1...6 as ClosedRange<UInt64>)
    func healthy(seed: UInt64) throws {
        let result = try result(SimulatedWeek(seed: seed))
        #expect(result.findings.allSatisfy { $0.verdict != .leak }, "\(result.findings)")
        #expect(result.findings.first?.verdict == .clean)
    }

    @Test("one descriptor in a hundred connections is found, with its amount", arguments: [2, 5, 8] as [UInt64])
    func descriptors(seed: UInt64) throws {
        let result = try result(SimulatedWeek(seed: seed, leak: .init(descriptors: 0.01)))
        let finding = try #require(result.findings.first { $0.resource == .descriptors })
        #expect(finding.verdict == .leak, "\(finding)")
        #expect(abs((finding.perConnection ?? 0) - 0.01) < 0.002)
        #expect(finding.interval?.contains(finding.perConnection ?? 0) == true)
        #expect(result.verdict == .leak)
        let end = try #require(finding.exhaustion)
        #expect(end.limit == 65_536 && end.time > result.time.upperBound)
    }

    @Test("a page a connection is found in private memory", arguments: [4, 9] as [UInt64])
    func memory(seed: UInt64) throws {
        let result = try result(SimulatedWeek(seed: seed, leak: .init(privateMemory: 4096)))
        guard let finding = result.findings.first(where: { $0.resource == .privateMemory }) else { return }
        #expect(finding.verdict == .leak, "\(finding)")
    }

    @Test("the same question has the same answer")
    func deterministic() throws {
        let week = SimulatedWeek(seed: 3, leak: .init(descriptors: 0.01))
        let (one, other) = (try result(week), try result(week))
        #expect(one.findings.map(\.interval) == other.findings.map(\.interval))
    }

    @Test("groups by a label, and a baseline that has the same leak")
    func groups() throws {
        let week = SimulatedWeek(seed: 2, leak: .init(descriptors: 0.01))
        let grouped = try result(week) { $0.groupLabel = "version" }
        #expect(Set(grouped.findings.compactMap(\.group)).count > 1)
        #expect(throws: FleetFailure.noLabel(name: "release", labels: ["instance", "job", "pod", "version"])) {
            try result(week) { $0.groupLabel = "release" }
        }
        #expect(throws: FleetFailure.baseline(isAll: false)) {
            try result(week) {
                $0.groupLabel = "version"
                $0.baseline = LabelMatcher("version=\"9\"")
            }
        }
        #expect(throws: FleetFailure.baseline(isAll: true)) {
            try result(week) {
                $0.groupLabel = "version"
                $0.baseline = LabelMatcher("job=\"chat\"")
            }
        }
    }
}
