import LeakStatistics
import SystemCalls
import Testing

@testable import LeakCheck

/// The whole course of a check, from the first block to the verdict, without a socket or a clock.
@Suite("The course of a check")
struct CheckCourseTests {
    @Test(
        "a row that can take no more rests once even if nothing is suspected, and again only where that gave something back"
    )
    func limited() {
        let start = MonotonicTime(nanoseconds: 0)
        func left(after pauses: Int, fall: Duration?) -> CheckSchedule.Row {
            var row = CheckSchedule.Row(staysConnected: false)
            row.pauses = pauses
            row.lastFall = fall
            let few = RowJudge.Assessment.undecided(.tooFewConnections(connections: 32, seconds: 0.5, held: 31))
            row.beginDrive(at: start)
            row.note(
                .init(completed: 32, rate: 60, assessments: [.descriptors: few], isLast: true), at: start + .seconds(1))
            row.leave(at: start + .seconds(1), mayRest: true, mayRestInDoubt: false)
            return row
        }
        #expect(left(after: 0, fall: nil).state == .resting)
        #expect(left(after: 1, fall: nil).state == .decided)
        #expect(left(after: 1, fall: .seconds(5)).state == .resting)
    }

    @Test("a bound of bytes need be tight only where a row has the time, one of counts always")
    func precision() {
        func isSettled(_ bytes: Bool, _ counts: Bool, isPrecise: Bool) -> Bool {
            var row = CheckSchedule.Row(staysConnected: false)
            row.assessments = [.privateMemory: .clean(isTight: bytes), .descriptors: .clean(isTight: counts)]
            row.isPrecise = isPrecise
            return row.isSettled
        }
        #expect(isSettled(true, true, isPrecise: true) && !isSettled(false, true, isPrecise: true))
        #expect(isSettled(false, true, isPrecise: false) && !isSettled(true, false, isPrecise: false))
    }

    @Test("a row alone has the time for tight bounds, one of a whole catalogue has not", arguments: [1, 38])
    func precise(rows: Int) async {
        var check = SimulatedCheck(Array(repeating: SimulatedTarget(name: "exact", base: 40_000), count: rows))
        await check.run()
        #expect(check.schedule.rows.allSatisfy { $0.isPrecise == (rows == 1) })
    }

    @Test("a healthy target is clean within seconds, with a bound that counts what it held at first")
    func clean() async throws {
        let check = await SimulatedCheck.ran(SimulatedTarget(name: "clean"))
        #expect(Set(check.findings().map(\.verdict)) == [.clean])
        #expect(check.seconds < 10)
        let bound = try #require(check.finding(.privateMemory).smallestDetectable)
        #expect(bound >= 2_000_000 / Double(check.rows[0].completed))
        #expect(check.steps.allSatisfy { if case .watch = $0 { false } else { true } })
    }

    @Test("a whole catalogue of healthy rows takes some 15 s, and a row alone is driven through more connections")
    func catalogue() async {
        let exact = SimulatedTarget(name: "exact", rate: 4000, base: 40_000)
        var check = SimulatedCheck(Array(repeating: exact, count: 38))
        await check.run()
        #expect((0..<38).allSatisfy { check.findings($0).allSatisfy { $0.verdict == .clean } })
        #expect(check.seconds < 22, "\(check.seconds)")
        #expect(check.rows.allSatisfy { $0.completed >= 1500 })
        #expect(await SimulatedCheck.ran(exact).rows[0].completed >= 10_000)
    }

    @Test("one connection in a hundred that leaves a descriptor is found in a whole catalogue, with its share")
    func oneInAHundred() async throws {
        var targets = Array(repeating: SimulatedTarget(name: "exact", rate: 4000, base: 40_000), count: 38)
        targets[20].descriptors = 0.01
        var check = SimulatedCheck(targets)
        await check.run()
        let finding = check.finding(.descriptors, 20)
        #expect(finding.verdict == .leak, "\(finding)")
        #expect(abs(try #require(finding.perConnection) - 0.01) < 0.002)
    }

    @Test(
        "what is kept for good is a leak, of the right size, after a pause of 75 s",
        arguments: [
            SimulatedTarget(name: "descriptors", descriptors: 1),
            SimulatedTarget(name: "one in ten", descriptors: 0.1),
            SimulatedTarget(name: "memory", bytes: 1024),
            SimulatedTarget(name: "64 bytes", rate: 10_000, bytes: 64),
        ])
    func leak(target: SimulatedTarget) async throws {
        let check = await SimulatedCheck.ran(target)
        let resource = target.bytes > 0 ? Resource.privateMemory : .descriptors
        let finding = check.finding(resource)
        #expect(finding.verdict == .leak, "\(finding)")
        let amount = try #require(finding.perConnection)
        let truth = max(target.bytes, target.descriptors)
        #expect(abs(amount - truth) <= 0.05 * truth)
        guard case .kept(let seconds, let connections, false) = finding.reason else {
            Issue.record("\(String(describing: finding.reason))")
            return
        }
        #expect(seconds >= 75 && connections > 1000)
        #expect(check.seconds < 60 + 75 + 20)
    }

    @Test("a pool that fills, and a cache that is smaller than the row, are clean")
    func bounded() async {
        let check = await SimulatedCheck.ran(
            SimulatedTarget(name: "cache", rate: 10_000, cachedBytes: 256, cacheSize: 20_000), budget: .seconds(300))
        #expect(check.finding(.privateMemory).verdict != .leak, "\(check.finding(.privateMemory))")
    }

    @Test("where a safe share of the descriptors is kept for a while, the target is driven again and again")
    func shortHold() async {
        let check = await SimulatedCheck.ran(
            SimulatedTarget(
                name: "short hold", rate: 5000, keptDescriptors: 1, keptFor: .seconds(5), descriptorLimit: 1024),
            budget: .seconds(60))
        #expect(check.finding(.descriptors).verdict == .clean, "\(check.finding(.descriptors))")
        #expect(check.rows[0].completed > 600)
    }

    @Test("rows rest while others are driven, and all together")
    func manyRows() async {
        let targets = (0..<8).map { SimulatedTarget(name: "\($0)", descriptors: $0 % 2 == 0 ? 1 : 0) }
        var check = SimulatedCheck(targets, budget: .seconds(60))
        await check.run()
        for row in 0..<8 {
            #expect(check.finding(.descriptors, row).verdict == (row % 2 == 0 ? .leak : .clean), "\(row)")
        }
        #expect(check.seconds < 60 + 75 + 20)
        #expect(check.finished.sorted() == Array(0..<8))
    }

    @Test("in a shared process the pause of a row is everybody's")
    func shared() async {
        let targets = [SimulatedTarget(name: "leak", descriptors: 1), SimulatedTarget(name: "clean")]
        var check = SimulatedCheck(targets, budget: .seconds(300), sharesProcess: true)
        await check.run()
        let firstTrough = check.steps.firstIndex(of: .readTrough(row: 0))
        let firstOther = check.steps.firstIndex { if case .begin(1, _) = $0 { true } else { false } }
        #expect(firstTrough != nil && firstOther != nil && firstTrough! < firstOther!)
        #expect(check.finding(.descriptors, 0).verdict == .leak)
        #expect(check.finding(.descriptors, 1).verdict == .clean)
    }

    @Test("as many processes are started ahead as slow starts need")
    func slowStarts() async {
        let targets = (0..<38).map { SimulatedTarget(name: "\($0)", start: .seconds(8)) }
        var check = SimulatedCheck(targets, budget: .seconds(300))
        #expect(check.schedule.startsAhead == 1)
        check.schedule.didStart(in: .seconds(8))
        #expect(check.schedule.startsAhead == 3)
        check.schedule.didStart(in: .seconds(80))
        #expect(check.schedule.startsAhead == 6)
    }

    @Test("an exhausted budget leaves rows that were not driven inconclusive, and ends in time")
    func exhausted() async {
        let targets = (0..<10).map { SimulatedTarget(name: "\($0)", rate: 20, start: .seconds(4)) }
        var check = SimulatedCheck(targets, budget: .seconds(20), isBudgetFixed: true)
        await check.run()
        #expect(check.seconds < 30)
        #expect(check.findings(9).allSatisfy { $0.verdict == .inconclusive && $0.reason == .notDriven(problem: nil) })
        #expect(check.steps.last == .done)
    }

    @Test("a check that is interrupted at any moment says no leak that it has not confirmed")
    func interrupted() async {
        for seconds in stride(from: 2, through: 90, by: 8) {
            var check = SimulatedCheck([SimulatedTarget(name: "leak", descriptors: 1)], budget: .seconds(60))
            await check.run(stopsAt: .seconds(seconds))
            let verdict = check.finding(.descriptors).verdict
            #expect(verdict != .clean)
            #expect(verdict == .inconclusive || seconds > 75)
        }
    }

    @Test("a drive after a pause is neither longer nor faster than the one before")
    func pace() async {
        let check = await SimulatedCheck.ran(SimulatedTarget(name: "leak", rate: 3000, bytes: 2048))
        let samples = check.rows[0].samples
        let troughs = check.rows[0].troughs
        let first = samples[troughs[0] - 1]
        let again = samples[(troughs[0] + 1)...].prefix { $0.phase == .confirm }
        let last = again.last!
        #expect(last.connections - first.connections <= first.connections)
        let pace = Double(first.connections) / (first.seconds - samples[0].seconds)
        let newPace = Double(last.connections - first.connections) / (last.seconds - samples[troughs[0]].seconds)
        #expect(newPace <= pace * 1.1)
    }
}
