import LeakStatistics
import Lifecycles
import SystemCalls
import Testing

@testable import Search

@Suite("Screens: many new scripts at once")
struct ScreenTests {
    private func schedule(seed: UInt64 = 1, _ change: (inout SearchSchedule.Settings) -> Void = { _ in })
        -> SearchSchedule
    {
        var settings = SearchSchedule.Settings(
            start: MonotonicTime(nanoseconds: 0), budget: .seconds(600), overrun: .seconds(60))
        change(&settings)
        return SearchSchedule(settings, grammar: Grammar(), seeds: [], seed: seed)
    }

    private static func screen(_ count: Int = 256, isFresh: Bool = false) -> Screen {
        Screen(
            (0..<count).map { SearchScript([.holdFor(.milliseconds($0)), .leaveWithFIN]) }, groupSize: 64,
            connections: 8, isFresh: isFresh)
    }

    private static func levels(_ levels: Double..., of resource: Resource = .descriptors) -> [[Resource: Double]] {
        levels.map { [resource: $0] }
    }

    @Test("a healthy target takes one round of each screen, two of a fresh process, and screens grow")
    func healthy() {
        var target = SimulatedTarget()
        var schedule = schedule()
        target.search(&schedule, steps: 16)
        // Only the first is in a fresh process. Those with long holds wait for others of that kind.
        #expect(schedule.counts.screens == 16 && target.rounds == 17 && schedule.screenSize == 256)
        #expect(
            schedule.counts.scripts > 12 * 256 && schedule.counts.scripts + schedule.long.count <= 64 + 128 + 15 * 256)
        #expect(schedule.counts.trials == 0)
        guard case .screen(let next) = schedule.next(at: schedule.settings.start) else {
            Issue.record("no screen follows")
            return
        }
        #expect(next.isFresh)
    }

    @Test(
        "what grows in one round is looked at again, what grows in three is worth trials",
        arguments: [
            ([10, 10], false, false), ([10, 12], true, false), ([10, 12, 12], false, false),
            ([10, 12, 14], true, false), ([10, 12, 14, 16], false, true), ([10, 11, 20, 30], false, false),
        ])
    func rounds(levels: [Double], asks: Bool, isWorth: Bool) {
        let levels = levels.map { [Resource.descriptors: $0] }
        var result = ScreenResult(scripts: 256)
        for before in [0, 1] {
            result.levels = Array(levels[before...])
            let (rule, known) = (TrialRule(), Array(levels[..<before]))
            #expect(rule.asksForMore(Self.screen(), result.levels, after: known) == asks)
            #expect(rule.isWorthTrials(Self.screen(), result, after: known) == isWorth)
        }
    }

    @Test("what is given back in the rest is worth no trial")
    func rested() {
        var result = ScreenResult(scripts: 256)
        result.levels = Self.levels(10, 20, 30, 40)
        result.rested = [.descriptors: 12]
        #expect(!TrialRule().isWorthTrials(Self.screen(), result, after: []))
        result.rested = [.descriptors: 40]
        #expect(TrialRule().isWorthTrials(Self.screen(), result, after: []))
    }

    @Test("what an earlier screen left for a while does not hide what this one leaves for good")
    func lateRelease() {
        // 40 of the screen before are given back meanwhile.
        let before = Self.levels(10, 10, 50)
        #expect(TrialRule().asksForMore(Self.screen(), Self.levels(18), after: before))
        // Pages come and go, and are compared with the last level.
        let pages = Self.levels(10, 10, 500_000, of: .privateMemory)
        #expect(!TrialRule().asksForMore(Self.screen(), Self.levels(400_000, of: .privateMemory), after: pages))
    }

    @Test("a screen is as attentive as a group of 64, however many scripts it has")
    func attention() {
        let rule = TrialRule()
        let threshold = rule.threshold(.liveHeap, scripts: 64, connections: 8)
        for (growth, isSeen) in [(threshold, true), (threshold - 1, false)] {
            let levels = Self.levels(1000, 1000 + growth, of: .liveHeap)
            #expect(rule.asksForMore(Self.screen(), levels, after: []) == isSeen)
        }
    }

    @Test("however often a count was refuted, what every connection leaves is followed; bytes are taken more carefully")
    func caution() {
        var rule = TrialRule()
        for _ in 0..<8 {
            rule.learnRefutation(of: .descriptors)
            rule.learnRefutation(of: .liveHeap)
        }
        #expect(rule.threshold(.descriptors, scripts: 64, connections: 8) == 6)
        #expect(rule.threshold(.descriptors, scripts: 1, connections: 64) == 48)
        #expect(rule.threshold(.liveHeap, scripts: 64, connections: 8) == 64 * 1024)
    }

    @Test("memory that fills up for the first time is worth no trial, memory that grows evenly is")
    func even() {
        let rule = TrialRule()
        let filling = Self.levels(0, 900_000, 1_000_000, 1_100_000, of: .privateMemory)
        let leaking = Self.levels(0, 100_000, 200_000, 300_000, of: .privateMemory)
        var result = ScreenResult(scripts: 256)
        for (levels, isWorth) in [(filling, false), (leaking, true)] {
            result.levels = levels
            #expect(rule.isWorthTrials(Self.screen(), result, after: []) == isWorth)
        }
    }

    @Test("scripts with long holds have a screen of their own, and none waits when the time is over")
    func long() {
        var target = SimulatedTarget()
        var schedule = schedule { $0.screenSize = 64 }
        var isLong: [Bool] = []
        for step in 0..<80 {
            let now = step < 78 ? schedule.settings.start : schedule.settings.start + schedule.settings.budget * 0.9
            guard case .screen(let screen) = schedule.next(at: now) else { break }
            let holds = screen.scripts.map { $0.heldFor >= .milliseconds(50) }
            #expect(Set(holds).count == 1)
            isLong.append(holds[0])
            schedule.didScreen(screen, target.carryOut(screen, schedule))
        }
        #expect(isLong.count == 80 && isLong.contains(true) && isLong.count { $0 } < 20)
        #expect(isLong[78] && !isLong[0])
    }

    @Test("a trial ends with the first round that leaves nothing, of what else is followed it has all its rounds")
    func earlyEnd() {
        let trial = Trial([], connections: 8, isFresh: false)
        let rule = TrialRule()
        #expect(rule.canStillGrow(trial, []) && rule.canStillGrow(trial, Self.levels(10)))
        #expect(rule.canStillGrow(trial, Self.levels(10, 18, 26)) && !rule.canStillGrow(trial, Self.levels(10, 18, 18)))
        #expect(!rule.canStillGrow(trial, Self.levels(10, 18, 26, 34)))
        var schedule = schedule()
        #expect(!schedule.asksForMore(trial, Self.levels(10, 10)))
        schedule.suspect(.ended, 1, SearchSchedule.Group(scripts: Self.screen(2).scripts))
        #expect(schedule.asksForMore(trial, Self.levels(10, 10)))
        #expect(!schedule.asksForMore(trial, Self.levels(10, 10, 10, 10)))
    }

    @Test("the scripts of a screen that left something are tried in groups, the slow apart and all at once")
    func groups() {
        var schedule = schedule()
        let screen = Self.screen(100)
        var result = ScreenResult(scripts: 100)
        result.levels = Self.levels(10, 20, 30, 40)
        for index in 0..<100 {
            result.answers[index] = .init(AnswerSignature(), lasted: index < 10 ? .milliseconds(80) : .zero)
        }
        schedule.didScreen(screen, result)
        let groups = schedule.groups.map(\.scripts)
        #expect(groups.map(\.count) == [64, 26, 10])
        #expect(groups[2].map(\.steps) == screen.scripts.prefix(10).map(\.steps))
        #expect(groups[2].allSatisfy { $0.concurrency == 8 })
        // They are tried also where the time for new ones is over.
        guard case .drive(let trial) = schedule.next(at: schedule.end) else {
            Issue.record("the groups are not tried")
            return
        }
        #expect(trial.scripts == groups[0] && !trial.isFresh)
    }

    @Test("screens that are followed in vain have fewer scripts, never fewer than a group")
    func smaller() {
        var schedule = schedule()
        var result = ScreenResult(scripts: 256)
        for size in [128, 256, 256, 128, 64, 64] {
            result.levels = size > schedule.screenSize ? Self.levels(10, 10) : Self.levels(10, 20, 30, 40)
            if schedule.screenSize == 256, size == 256 { result.levels = Self.levels(10, 10) }
            schedule.readings = []
            schedule.didScreen(Self.screen(isFresh: true), result)
            #expect(schedule.screenSize == size)
        }
    }

    @Test("a group whose halves showed nothing is tried once more as a whole, and only then taken for noise")
    func secondChance() {
        var target = SimulatedTarget()
        target.leak = { script, _ in script.steps.contains { if case .sendPings = $0 { true } else { false } } ? 1 : 0 }
        target.confirmation = { _ in .undecided(nil) }
        var schedule = schedule { $0.screenSize = 64 }
        // Neither half is seen, twice, nor the group after what came before it.
        while schedule.counts.suspects == 0 { target.search(&schedule, steps: 1) }
        let followed = schedule.counts.suspects
        target.misses = 5
        while schedule.counts.secondChances == 0 { target.search(&schedule, steps: 1) }
        #expect(schedule.counts.refuted == 0 && schedule.findings.isEmpty && schedule.suspicion == nil)
        target.search(&schedule, steps: 200)
        #expect(schedule.counts.suspects > followed)
        #expect(schedule.findings.first?.suspect.script.steps.count == 4)
    }

    @Test(
        "the fewer scripts are left of a group, the more connections each makes, and no trial makes more than the group"
    )
    func connections() {
        var schedule = schedule()
        schedule.suspect(.growth(.descriptors), 1, SearchSchedule.Group(scripts: Self.screen(64).scripts))
        var seen: [Int: Int] = [:]
        while schedule.suspicion != nil, seen.count < 6 {
            guard case .drive(let trial) = schedule.next(at: schedule.settings.start) else { break }
            seen[trial.scripts.count] = trial.connections
            var result = TrialResult()
            let each = Double(trial.connections)
            result.levels = (0...3).map { [.descriptors: each * Double($0)] }
            schedule.didDrive(trial, result)
        }
        #expect(seen == [32: 8, 16: 16, 8: 32, 4: 64, 2: 64, 1: 64])
    }

    @Test("what is given up twice is noise, and is not tried again")
    func noise() {
        var schedule = schedule()
        let group = SearchSchedule.Group(scripts: Self.screen(4).scripts, isSecondChance: true)
        schedule.suspect(.growth(.liveHeap), 1000, group)
        var asked = 0
        while schedule.suspicion != nil, asked < 20 {
            guard case .drive(let trial) = schedule.next(at: schedule.settings.start) else { break }
            asked += 1
            schedule.didDrive(trial, TrialResult())
        }
        #expect(schedule.counts.refuted == 1 && schedule.groups.isEmpty && asked == 5)
        #expect(schedule.rule.caution[.liveHeap] == 2)
    }
}
