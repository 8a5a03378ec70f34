import LeakStatistics
import Lifecycles
import SystemCalls
import Testing

@testable import Search

@Suite("The search's schedule")
struct ScheduleTests {
    private func schedule(seed: UInt64 = 1) -> SearchSchedule {
        SearchSchedule(
            .init(start: MonotonicTime(nanoseconds: 0), budget: .seconds(600), overrun: .seconds(60)),
            grammar: Grammar(), seeds: [], seed: seed)
    }

    private static func isPing(_ step: Lifecycle.Step) -> Bool { if case .sendPings = step { true } else { false } }

    @Test("one script of a group is found and shrunk to the steps that leak", arguments: 1...3)
    func shrinks(seed: UInt64) {
        var target = SimulatedTarget()
        target.leak = { script, _ in
            script.steps.contains(where: Self.isPing) && script.steps.last == .leaveWithReset ? 1 : 0
        }
        target.confirmation = { _ in .undecided(nil) }
        var schedule = schedule(seed: seed)
        target.search(&schedule, steps: 2000)
        let found = schedule.findings.first?.suspect
        #expect(found?.symptom == .growth(.descriptors))
        #expect(found?.script.steps == [.sendRequest, .awaitUpgrade, .sendPings(1), .leaveWithReset])
        #expect(found?.script.concurrency == 1 && found?.predecessors == [])
    }

    @Test("what ends the target is found, and tried once more in a process of its own")
    func ends() {
        var target = SimulatedTarget()
        target.ends = { $0.steps.contains(.sendBytes(.oversize)) }
        var schedule = schedule()
        target.search(&schedule, steps: 2000)
        let finding = schedule.findings.first
        #expect(finding?.suspect.symptom == .ended && finding?.isDefect == true)
        #expect(finding?.suspect.script.steps.contains(.sendBytes(.oversize)) == true)
        #expect((finding?.suspect.script.steps.count ?? 99) <= 4, "\(finding?.suspect.script.text ?? "")")
    }

    @Test("a leak that needs a predecessor is shrunk to the sequence")
    func sequence() {
        var target = SimulatedTarget()
        // The first half of a request breaks what later frees a bare connection.
        target.leak = { script, before in
            script.steps.first == .sendRequest && before.contains { $0.steps.first == .sendHalfRequest } ? 1 : 0
        }
        target.confirmation = { _ in .undecided(nil) }
        var schedule = schedule()
        target.search(&schedule, steps: 4000)
        let found = schedule.findings.first?.suspect
        #expect(found?.predecessors.count == 1)
        #expect(found?.predecessors.first?.steps.first == .sendHalfRequest)
        #expect(found?.script.steps.first == .sendRequest)
    }

    @Test("a suspect that a check's row refutes is no finding, and what is kept for a while is waited for")
    func refuted() {
        var target = SimulatedTarget()
        target.leak = { script, _ in script.steps.last == .leaveWithReset ? 1 : 0 }
        var asked = 0
        target.confirmation = { _ in
            asked += 1
            return .refuted(keptFor: .seconds(4))
        }
        var schedule = schedule()
        target.search(&schedule, steps: 150)
        #expect(schedule.findings.isEmpty && asked >= 1)
        #expect(schedule.patience == .seconds(7))
    }

    @Test("a healthy target has no finding, and the search ends with its budget")
    func healthy() {
        var target = SimulatedTarget()
        var schedule = schedule()
        target.search(&schedule, steps: 60)
        #expect(schedule.findings.isEmpty && schedule.counts.suspects == 0)
        #expect(schedule.counts.screens == 60 && schedule.counts.followedScreens == 0 && schedule.counts.trials == 0)
        #expect(schedule.next(at: schedule.end) == .done)
    }

    @Test("the same seed gives the same scripts, another seed others")
    func seeds() {
        var (one, two, three) = (schedule(seed: 7), schedule(seed: 7), schedule(seed: 8))
        let step = one.next(at: one.settings.start)
        #expect(step == two.next(at: two.settings.start))
        #expect(step != three.next(at: three.settings.start))
    }
}
