import LeakStatistics
import Lifecycles
import Remedies
import Targets
import Testing

@testable import LeakCheck

@Suite("Judging a row")
struct RowJudgeTests {
    private func leaking(_ rate: Double) -> Measured.Levels {
        Measured.Levels(descriptors: { connections, _ in 10 + rate * connections })
    }

    @Test("what does not grow is clean, with a bound that nothing contradicts")
    func clean() throws {
        let row = Measured.row()
        for resource in Resource.ofEveryTarget {
            let finding = Measured.finding(row, resource)
            #expect(finding.verdict == .clean && finding.reason == nil)
        }
        #expect(try #require(Measured.finding(row, .privateMemory).smallestDetectable) >= 1_000_000 / 4000)
    }

    @Test("a leak fills what was free before the first connection: the bound counts what the process held")
    func roomAtStart() throws {
        var levels = Measured.Levels()
        levels.memory = { _, _ in 20_000_000 }
        let finding = Measured.finding(Measured.row(levels), .privateMemory)
        #expect(finding.verdict == .inconclusive)
        guard case .roomAtStart(let bound, 20_000_000) = finding.reason else {
            Issue.record("\(finding)")
            return
        }
        #expect(bound >= 5000)
    }

    @Test("an exact reading of the allocators says how much is free, and what is in use")
    func allocator() {
        var levels = Measured.Levels()
        levels.memory = { _, _ in 20_000_000 }
        var row = Measured.row(levels)
        for index in row.samples.indices {
            row.samples[index].allocator = .init(liveBytes: 1_000_000, freeBytes: 18_000_000, roomBytes: 18_100_000)
        }
        #expect(Measured.finding(row, .privateMemory).verdict == .clean)
        // The same memory, of which ever less is free.
        for index in row.samples.indices {
            let used = 2000 * row.samples[index].connections
            row.samples[index].allocator = .init(
                liveBytes: 1_000_000 + used, freeBytes: 18_000_000 - used, roomBytes: 18_100_000 - used)
        }
        #expect(Measured.judge().assessments(row)[.privateMemory] == .suspect)
        let amount = Measured.finding(row, .privateMemory).perConnection ?? 0
        #expect(abs(amount - 2000) < 20)
    }

    @Test("growth before a pause is a suspicion, never a verdict")
    func suspicion() {
        let row = Measured.row(leaking(0.5))
        #expect(Measured.judge().assessments(row)[.descriptors] == .suspect)
        let finding = Measured.finding(row, .descriptors)
        #expect(finding.verdict == .inconclusive && finding.perConnection == 0.5)
        guard case .pauseMissing(_, 75) = finding.reason else {
            Issue.record("\(finding)")
            return
        }
    }

    @Test("what stays through the pause and grows again as before is a leak; through a shorter one it is not")
    func leak() {
        var row = Measured.row(leaking(0.5), drives: [40, 20])
        row.tcpStatesAtStart = ["LISTEN": 1]
        row.tcpStatesAtEnd = ["LISTEN": 1, "CLOSE_WAIT": 1400]
        let finding = Measured.finding(row, .descriptors)
        #expect(finding.verdict == .leak && finding.perConnection == 0.5)
        #expect(finding.tcpStates == ["CLOSE_WAIT": 1400])
        #expect(Measured.finding(row, .threads).verdict == .clean)
        let short = Measured.finding(Measured.row(leaking(0.5), drives: [40, 20], pause: 40), .descriptors)
        #expect(short.verdict == .inconclusive)
        #expect(short.reason == .pauseMissing(keptSeconds: 40, requiredSeconds: 75))
    }

    @Test("a long pause that gave all back is no evidence that later drives leave something for as long")
    func pauseBefore() {
        // As a server does that gives its sockets back only at a collection: nothing stays of 4,000 connections, then much.
        var levels = Measured.Levels()
        levels.descriptors = { connections, drive in 10 + (drive == 0 ? connections : 0.2 * (connections - 4000)) }
        levels.descriptorsAtRest = { 10 + max(0, 0.2 * ($0 - 4000)) }
        let short = Measured.finding(Measured.row(levels, drives: [40, 20, 20], pauses: [126, 45]), .descriptors)
        #expect(short.reason == .pauseMissing(keptSeconds: 45, requiredSeconds: 75), "\(short)")
        let long = Measured.finding(Measured.row(levels, drives: [40, 20, 20], pauses: [126, 80]), .descriptors)
        #expect(long.verdict == .leak, "\(long)")
    }

    @Test("what grows again only beyond the connections before the pause is no leak")
    func beyondReach() {
        var levels = Measured.Levels()
        levels.memory = { connections, drive in
            // Room for 2,000 connections is left by the first drive.
            1_000_000 + 5000 * (drive == 0 ? connections : 2000 + max(0, connections - 4000))
        }
        let row = Measured.row(levels, drives: [20, 40])
        #expect(Measured.finding(row, .privateMemory).verdict != .leak)
        #expect(Measured.judge().assessments(row)[.privateMemory] == .suspect, "only another pause tells")
    }

    @Test("growth by chance, as one of many verdicts, is neither a leak nor clean")
    func byChance() {
        var row = Measured.row(leaking(0.5), drives: [40, 20])
        for index in row.samples.indices { row.samples[index].descriptors += [0, 30, 10][index % 3] }
        var judge = Measured.judge()
        #expect(Measured.finding(row, .descriptors, judge).verdict == .leak)
        judge.rules.verdicts = 1_000_000_000
        let finding = Measured.finding(row, .descriptors, judge)
        #expect(finding.verdict == .inconclusive && finding.reason == .byChance(verdicts: 1_000_000_000))
    }

    @Test("memory beside descriptors that are given back and kept again is not judged by what it grows while driving")
    func keptAgain() {
        for (again, isLeak) in [(true, false), (false, true)] {
            var levels = Measured.Levels()
            levels.descriptors = { connections, drive in
                10 + (drive == 0 ? connections : again ? connections - 4000 : 0)
            }
            levels.memory = { connections, _ in 1_000_000 + 3000 * connections }
            levels.descriptorsAtRest = { _ in 10 }
            let finding = Measured.finding(Measured.row(levels, drives: [40, 20]), .privateMemory)
            #expect(finding.verdict != .leak, "a pause of its own is missing: \(finding)")
            let rested = Measured.finding(Measured.row(levels, drives: [40, 20, 1]), .privateMemory)
            #expect(rested.verdict == .leak, "\(isLeak) \(rested)")
        }
    }

    @Test("memory of a lazily collected runtime is no evidence until it has outgrown any collector")
    func collector() {
        var levels = Measured.Levels()
        levels.memory = { connections, _ in 30_000_000 + 8000 * connections }
        let judge = Measured.judge(usesTracingGC: true)
        #expect(judge.assessments(Measured.row(levels))[.privateMemory] == .undecided(.collectorPending))
        levels.memory = { connections, _ in 30_000_000 + 200_000 * connections }
        #expect(judge.assessments(Measured.row(levels))[.privateMemory] == .suspect)
        // An exact count is evidence in such a runtime as well.
        #expect(judge.assessments(Measured.row(leaking(1)))[.descriptors] == .suspect)
    }

    @Test("growth in few steps of an arena that goes on is not called clean")
    func steps() {
        var levels = Measured.Levels()
        levels.memory = { connections, _ in 100_000 + (connections / 200).rounded(.down) * 153_600 }
        guard case .undecided = Measured.judge().assessments(Measured.row(levels, drives: [32]))[.privateMemory] else {
            Issue.record("steps that go on were denied, or taken for growth of each connection")
            return
        }
    }

    @Test("too few connections leave it open, and say what is held")
    func few() {
        let row = Measured.row(leaking(1), drives: [2])
        #expect(
            Measured.finding(row, .descriptors).reason
                == .tooFewConnections(connections: 200, seconds: 1, held: 200))
        #expect(
            Measured.finding(row, .threads).reason == .tooFewConnections(connections: 200, seconds: 1, held: 0))
    }

    @Test("a gauge whose readings may be old is clean only after some seconds of connections", arguments: [11, 40])
    func lagging(blocks: Int) {
        let gauge = Resource(rawValue: "open_sessions")
        var row = Measured.row(drives: [blocks])
        for index in row.samples.indices { row.samples[index].probed = [gauge.rawValue: 3] }
        var judge = Measured.judge(Resource.ofEveryTarget + [gauge])
        judge.rules.lagging = [gauge]
        #expect(Measured.finding(row, .descriptors, judge).verdict == .clean)
        let finding = Measured.finding(row, gauge, judge)
        #expect(finding.verdict == (blocks > 12 ? .clean : .inconclusive))
        #expect(finding.reason == (blocks > 12 ? nil : .staleReadings))
        row.probeFailures[gauge] = "the page is gone"
        #expect(Measured.finding(row, gauge, judge).reason == .unread(problem: "the page is gone"))
    }
}
