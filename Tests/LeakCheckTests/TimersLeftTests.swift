import LeakStatistics
import Testing

@testable import HeapProbes
@testable import LeakCheck

@Suite("Timers that connections have left")
struct TimersLeftTests {
    private func left(_ text: String, connections: Int, idle: Double = 0) throws -> CheckResult.TimersLeft? {
        CheckResult.TimersLeft(try #require(PendingTimers(text)), connections: connections, idleSeconds: idle)
    }

    @Test("one for each connection, of which the last is waited for; a few of the program's own are not")
    func each() throws {
        let timers = try #require(try left("116 300\n118 500\n120 400\n3600 3", connections: 1200))
        #expect(timers == .init(count: 1203, dueSeconds: 120))
        #expect(timers.isWaitedFor && timers.restSeconds == 125)
    }

    @Test("a program's own are none that connections left", arguments: ["", "45 7", "1 1\n45 3\n3600 3"])
    func few(text: String) throws { #expect(try left(text, connections: 200) == nil) }

    @Test("one in fifty connections is enough, one in a hundred is not")
    func share() throws {
        #expect(try left("60 40", connections: 2000) != nil)
        #expect(try left("60 20", connections: 2000) == nil)
    }

    @Test("they count from the last connection, also where they are looked at later")
    func idle() throws {
        #expect(try left("90 1000", connections: 1000, idle: 30)?.dueSeconds == 120)
    }

    @Test("five minutes are waited for, up to an hour is no leak, a day is as bad as one")
    func limits() {
        func timers(_ seconds: Double) -> CheckResult.TimersLeft { .init(count: 1000, dueSeconds: seconds) }
        #expect(timers(300).isWaitedFor && !timers(301).isWaitedFor)
        #expect(timers(3600).mayGiveBack && !timers(86_400).mayGiveBack)
    }

    // MARK: The verdict

    /// 2,000 connections, each of which leaves a descriptor, with a pause and a drive after it.
    private func row(pause: Double, _ timers: CheckResult.TimersLeft?) -> RowMeasurement {
        var row = Measured.row(
            .init(descriptors: { connections, _ in 10 + connections }), drives: [20, 20], pause: pause)
        row.timers = timers
        return row
    }

    private func reason(_ row: RowMeasurement, isChosen: Bool = false) -> (Verdict, Reason?) {
        var judge = Measured.judge()
        judge.rules.isPauseChosen = isChosen
        let finding = Measured.finding(row, .descriptors, judge)
        return (finding.verdict, finding.reason)
    }

    @Test("what is kept through the usual pause is a leak where no timer may give it back")
    func leak() {
        #expect(reason(row(pause: 76, nil)).0 == .leak)
        #expect(reason(row(pause: 76, .init(count: 2000, dueSeconds: 40))).0 == .leak)
        #expect(reason(row(pause: 76, .init(count: 2000, dueSeconds: 86_400))).0 == .leak)
    }

    @Test(
        "what may be given back by timers that are due later is a leak only after those, unless the user chose the pause"
    )
    func later() {
        let timers = CheckResult.TimersLeft(count: 2000, dueSeconds: 120)
        let early = reason(row(pause: 76, timers))
        #expect(early.0 == .inconclusive)
        guard case .pauseMissing(_, requiredSeconds: 125) = early.1 else {
            Issue.record("\(String(describing: early.1))")
            return
        }
        #expect(reason(row(pause: 126, timers)).0 == .leak)
        #expect(reason(row(pause: 76, timers), isChosen: true).0 == .leak)
    }

    @Test("timers for which nobody waits leave it open, and say until when")
    func pending() {
        let open = reason(row(pause: 76, .init(count: 2000, dueSeconds: 900)))
        #expect(open.0 == .inconclusive)
        guard case .timersPending(_, timers: 2000, dueSeconds: 900) = open.1 else {
            Issue.record("\(String(describing: open.1))")
            return
        }
    }
}
