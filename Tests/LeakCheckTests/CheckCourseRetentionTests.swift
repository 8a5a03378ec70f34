import LeakStatistics
import SystemCalls
import Testing

@testable import LeakCheck

/// What a target keeps for a time, and when the check may tell it from a leak, without a socket or a clock.
@Suite("The course of a check: what is kept")
struct CheckCourseRetentionTests {
    @Test(
        "what is kept for a time is no leak, however long the check goes on",
        arguments: [(2, 60), (12, 60), (12, 300), (45, 60), (70, 60)])
    func kept(seconds: Int, budget: Int) async {
        for returns in [false, true] {
            let check = await SimulatedCheck.ran(
                SimulatedTarget(
                    name: "kept", rate: 900, keptDescriptors: 1, keptBytes: 8192, keptFor: .seconds(seconds),
                    returnsMemory: returns), budget: .seconds(budget))
            #expect(check.findings().allSatisfy { $0.verdict != .leak }, "\(check.findings())")
            #expect(check.verdicts()[.descriptors] == .clean, "\(check.finding(.descriptors))")
            // What is kept for a moment reaches its level before it is suspected.
            #expect(seconds < 12 || check.finding(.descriptors).releasedWithinSeconds != nil)
        }
    }

    @Test("memory alone that is kept for a time is no leak", arguments: [(12, 60), (12, 300), (60, 60)])
    func keptMemory(seconds: Int, budget: Int) async {
        for (rate, returns) in [(900.0, false), (900, true), (8000, false)] {
            let check = await SimulatedCheck.ran(
                SimulatedTarget(
                    name: "kept", rate: rate, keptBytes: 8192, keptFor: .seconds(seconds), returnsMemory: returns),
                budget: .seconds(budget))
            #expect(check.finding(.privateMemory).verdict != .leak, "\(check.finding(.privateMemory))")
        }
    }

    @Test("what timers keep for longer than the pause is waited for, and is no leak", arguments: [120, 290])
    func timers(seconds: Int) async {
        var target = SimulatedTarget(name: "timers", keptDescriptors: 1, keptFor: .seconds(seconds), hasTimers: true)
        target.descriptorLimit = 1_000_000
        let check = await SimulatedCheck.ran(target)
        #expect(check.verdicts()[.descriptors] == .clean)
        #expect(check.seconds > Double(seconds) && check.seconds < Double(2 * seconds + 60), "\(check.seconds)")
        // Its leaking twins set the same timers: one keeps all, the other a tenth of it.
        target.descriptors = 1
        target.keptDescriptors = 0
        #expect(await SimulatedCheck.ran(target).verdicts()[.descriptors] == .leak)
        guard seconds < 200 else { return }
        target.descriptors = 0.1
        target.keptDescriptors = 0.9
        let tenth = await SimulatedCheck.ran(target, budget: .seconds(4 * seconds))
        #expect(tenth.verdicts()[.descriptors] == .leak)
    }

    @Test("a budget is not overrun for timers, and those that are due after more than minutes are not waited for")
    func timersNotWaitedFor() async {
        var target = SimulatedTarget(name: "timers", keptDescriptors: 1, keptFor: .seconds(120), hasTimers: true)
        var fixed = SimulatedCheck([target], budget: .seconds(60), isBudgetFixed: true)
        await fixed.run()
        #expect(fixed.verdicts()[.descriptors] == .inconclusive && fixed.seconds < 62)
        target.keptFor = .seconds(900)
        let check = await SimulatedCheck.ran(target)
        #expect(check.seconds < 160, "\(check.seconds)")
        guard case .timersPending(_, _, let due) = check.finding(.descriptors).reason else {
            Issue.record("\(check.finding(.descriptors))")
            return
        }
        #expect((890...905).contains(due))
    }

    @Test("what is kept longer than the pause is not called a leak where the pause could not be had")
    func pauseMissing() async {
        var check = SimulatedCheck(
            [SimulatedTarget(name: "leak", descriptors: 1)], budget: .seconds(40), isBudgetFixed: true)
        await check.run()
        #expect(check.finding(.descriptors).verdict == .inconclusive)
        guard case .pauseMissing(let kept, 75) = check.finding(.descriptors).reason else {
            Issue.record("\(check.findings())")
            return
        }
        #expect(kept > 20)
        #expect(check.seconds <= 41)
    }

    @Test("a pause that the user chose is kept to, and the finding says so")
    func chosenPause() async {
        var check = SimulatedCheck(
            [SimulatedTarget(name: "leak", descriptors: 1)], budget: .seconds(30), isBudgetFixed: true,
            pause: .seconds(5))
        check.judge.rules.isPauseChosen = true
        await check.run()
        guard case .kept(_, _, true) = check.finding(.descriptors).reason else {
            Issue.record("\(check.findings())")
            return
        }
        #expect(check.seconds < 15)
    }

    @Test("of what is given back in part, the rest is a leak", arguments: [0.1, 0.5])
    func rest(share: Double) async throws {
        let check = await SimulatedCheck.ran(
            SimulatedTarget(
                name: "mixed", descriptors: share, keptDescriptors: 1 - share, keptFor: .seconds(3)))
        let finding = check.finding(.descriptors)
        #expect(finding.verdict == .leak, "\(finding)")
        #expect(abs(try #require(finding.perConnection) - share) < 0.05)
        #expect(check.seconds < 60 + 75 + 20)
    }

    @Test("memory of which nine parts in ten are kept for a time leaves the tenth: a leak where freed memory is seen")
    func restOfMemory() async throws {
        var target = SimulatedTarget(
            name: "mixed", bytes: 820, keptBytes: 7372, keptFor: .seconds(3), returnsMemory: true)
        let finding = await SimulatedCheck.ran(target, budget: .seconds(300)).finding(.privateMemory)
        #expect(finding.verdict == .leak, "\(finding)")
        #expect(abs(try #require(finding.perConnection) - 820) < 300, "\(finding)")
        target.returnsMemory = false
        let unseen = await SimulatedCheck.ran(target, budget: .seconds(300)).finding(.privateMemory)
        #expect(unseen.verdict != .clean)
    }
}
