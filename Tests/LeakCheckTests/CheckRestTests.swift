import LeakStatistics
import SystemCalls
import Testing

@testable import LeakCheck

/// Rows that rest, without a socket or a clock.
@Suite("Rests of a row")
struct CheckRestTests {
    /// What each connection leaves for a time varies so much that driving on does not tell it from a leak.
    private func unsteady(leaking descriptors: Double = 0, keptFor: Duration = .seconds(12)) -> SimulatedTarget {
        var target = SimulatedTarget(name: "unsteady", rate: 150, descriptors: descriptors, keptDescriptors: 1)
        target.keptFor = keptFor
        target.keptVaries = true
        target.base = 40_000
        return target
    }

    @Test("a row in doubt, of which an exact gauge holds more, is read at rest: all of them at the same time")
    func restInDoubt() async {
        var check = SimulatedCheck(Array(repeating: unsteady(), count: 20), budget: .seconds(120))
        await check.run()
        #expect((0..<20).allSatisfy { check.verdicts($0)[.descriptors] == .clean })
        #expect(check.seconds < 120, "\(check.seconds)")
        #expect(check.schedule.rows.contains { $0.pauses > 0 })
        // The leaking twin.
        var leaking = SimulatedCheck(Array(repeating: unsteady(leaking: 0.1), count: 20), budget: .seconds(120))
        await leaking.run()
        #expect((0..<20).allSatisfy { leaking.verdicts($0)[.descriptors] == .leak })
    }

    /// On a busy machine the end of each process takes seconds, in which what still rested has rested for long enough.
    @Test(
        "what rests when the time is over is finished once, and not looked at after that",
        arguments: [5, 20, 40, 75], [0.0, 0.1, 1.0])
    func finishedOnce(pause: Int, leaking descriptors: Double) async {
        for (budget, finish) in [(40, 5), (60, 5), (60, 20), (90, 20)] {
            var target = unsteady(leaking: descriptors)
            target.finish = .seconds(finish)
            var check = SimulatedCheck(
                Array(repeating: target, count: 12), budget: .seconds(budget), isBudgetFixed: true,
                pause: .seconds(pause))
            await check.run(stopsAt: .seconds(5000))
            #expect(check.steps.last == .done)
            #expect(check.finished.sorted() == Array(0..<12))
        }
    }

    @Test("a row of few blocks is driven on, not left to rest, where all wait for it", arguments: [1, 3])
    func fewBlocks(rows: Int) async {
        let fast = SimulatedTarget(name: "fast", rate: 4000, base: 40_000)
        // Seven blocks of some 0.6 s in its share, the first of which leaves what warming up leaves.
        var slow = SimulatedTarget(name: "slow", rate: 400, base: 40_000, staysConnected: true)
        slow.cachedBytes = 200
        slow.cacheSize = 250
        let targets = Array(repeating: fast, count: 36 - rows) + Array(repeating: slow, count: rows)
        var check = SimulatedCheck(targets)
        await check.run()
        #expect((0..<36).allSatisfy { check.findings($0).allSatisfy { $0.verdict == .clean } })
        #expect(check.schedule.rows.allSatisfy { $0.pauses == 0 })
        #expect(check.seconds < 22 + 10 * Double(rows), "\(check.seconds)")
    }

    @Test(
        "a row in doubt rests at once beside others, and is driven for 8 s first where all wait for it",
        arguments: [0, 35])
    func loneRest(doubtful: Int) {
        var now = MonotonicTime(nanoseconds: 0)
        var schedule = CheckSchedule(
            CheckSchedule.Settings(start: now, budget: .seconds(300), pause: .seconds(75)),
            staysConnected: Array(repeating: false, count: 36), seed: 1)
        var completed = Array(repeating: 0, count: 36)
        for _ in 0..<10_000 {
            switch schedule.next(at: now) {
            case .begin(let row, _): schedule.didBegin(row, at: now)
            case .drive(let row, let connections, _):
                now = now + .milliseconds(200)
                completed[row] += connections
                let isInDoubt = row == doubtful
                let assessment: RowJudge.Assessment = isInDoubt ? .undecided(.noisy(bound: 3)) : .clean(isTight: true)
                schedule.didDrive(
                    row,
                    .init(
                        completed: completed[row], rate: 4000, assessments: [.descriptors: assessment],
                        restTells: isInDoubt), at: now)
            default: break
            }
            if schedule.rows[doubtful].restsInDoubt { break }
        }
        let driven = schedule.rows[doubtful].driven
        #expect(schedule.rows[doubtful].restsInDoubt)
        #expect(doubtful == 0 ? driven < .seconds(4) : driven >= .seconds(8), "\(driven)")
    }

    @Test(
        "where few connections came about a rest tells, where many made few blocks more blocks do",
        arguments: [900, 1100])
    func fewConnections(connections: Int) {
        let judgment = RowJudge.Judgment(
            assessment: .undecided(.tooFewConnections(connections: connections, seconds: 0, held: 0)))
        #expect(judgment.restTells == (connections == 900))
    }

    @Test("a rest in doubt neither overruns the budget nor stops other rows of the same process")
    func restInDoubtIsModest() async {
        var check = SimulatedCheck(
            Array(repeating: unsteady(keptFor: .seconds(400)), count: 3), budget: .seconds(20), isBudgetFixed: true)
        await check.run()
        #expect(check.seconds < 22)
        var shared = SimulatedCheck(Array(repeating: unsteady(), count: 3), budget: .seconds(60), sharesProcess: true)
        await shared.run()
        #expect(shared.schedule.rows.allSatisfy { !$0.restsInDoubt })
    }

    @Test("a row in doubt rests from 400 connections on, twice at most, and for 30 s at most")
    func limitsOfRestInDoubt() {
        let start = MonotonicTime(nanoseconds: 0)
        func left(_ connections: Int, after pauses: Int) -> CheckSchedule.Row {
            var row = CheckSchedule.Row(staysConnected: false)
            row.pauses = pauses
            row.beginDrive(at: start)
            let doubt = RowJudge.Assessment.undecided(.noisy(bound: 3))
            row.note(
                .init(completed: connections, rate: 60, assessments: [.descriptors: doubt], restTells: true),
                at: start + .seconds(1))
            row.leave(at: start + .seconds(1), mayRest: true, mayRestInDoubt: true)
            return row
        }
        #expect(left(399, after: 0).state == .measuring)
        #expect(left(400, after: 0).state == .resting && left(400, after: 1).restsInDoubt)
        #expect(left(400, after: 2).state == .measuring)
        #expect(left(400, after: 0).requiredRest(.seconds(75)) == .seconds(30))
        #expect(left(400, after: 0).requiredRest(.seconds(3)) == .seconds(3))
    }

    @Test("a suspicion after a rest that was too short for a verdict gets its whole pause")
    func pauseAfterRest() {
        let start = MonotonicTime(nanoseconds: 0)
        var row = CheckSchedule.Row(staysConnected: false)
        row.pauses = 1
        row.beginDrive(at: start)
        let short = RowJudge.Assessment.undecided(.pauseMissing(keptSeconds: 30, requiredSeconds: 75))
        row.note(.init(completed: 500, rate: 60, assessments: [.descriptors: short]), at: start + .seconds(1))
        row.leave(at: start + .seconds(1), mayRest: true, mayRestInDoubt: true)
        #expect(row.state == .resting && !row.restsInDoubt)
        #expect(row.requiredRest(.seconds(75)) == .seconds(75))
    }

    @Test("the probes of a resting row are read ever more rarely, and for half of the time by all that rest together")
    func probing() {
        let start = MonotonicTime(nanoseconds: 0)
        func readings(_ cost: Duration, resting: Int) -> [Int] {
            var row = CheckSchedule.Row(staysConnected: false)
            row.idleSince = start
            row.probeCost = cost
            return (1...75).filter { second in
                let now = start + .seconds(second)
                guard row.mustProbe(at: now, resting: resting) else { return false }
                row.didProbe(at: now)
                return true
            }
        }
        #expect(readings(.milliseconds(50), resting: 1) == [1, 2, 3, 5, 8, 12, 18, 27, 41, 62])
        #expect(readings(.seconds(1), resting: 1) == [1, 11, 21, 32, 48, 72])
        #expect(readings(.seconds(1), resting: 30) == [1, 61])
    }
}
