import Managers
import TestSupport
import Testing

@Suite("Cleaning up managers")
struct CleanupTests {
    private let clock = ManualClock()
    private let events = Events()
    private let factory: Factory

    /// Without a background cleanup that would come before what is tested.
    init() {
        var limits = ManagerLimits()
        limits.backgroundInterval = .seconds(1_000_000)
        factory = Factory(limits: limits, clock: clock) { [events] in events.append($0) }
    }

    /// Sleepers besides the background cleanup.
    private func waitForDeadline() async {
        #expect(await eventually { clock.sleeperCount >= 2 })
    }

    @Test("the peer's leaving ends its manager at once, and makes room")
    func release() async throws {
        var opened: [FakeResource] = []
        for number in 1...20 { opened.append(try factory.open("alice", "c\(number)").resource) }
        opened[4].end()
        opened[4].end()
        #expect(factory.statistics.active == 19)
        #expect(factory.statistics.ended == [.released: 1])
        try factory.open("alice", "c21")
        #expect(events.cleanups.isEmpty)
        await factory.shutdown()
    }

    @Test("a manager ends with the last of its resources")
    func lastResource() async throws {
        let first = try factory.open("alice", "c1")
        let second = try factory.open("alice", "c1")
        first.resource.end()
        #expect(factory.key(of: first.manager) != nil)
        second.resource.end()
        #expect(factory.key(of: first.manager) == nil)
        await factory.shutdown()
    }

    @Test("cleanup waits until everything is gone")
    func waits() async throws {
        let opened = try factory.open("alice", "c1", .closesWhenTold)
        async let cleanup = factory.cleanup(opened.manager.key)
        #expect(await eventually { opened.resource.reasons == [.requested] })
        #expect(factory.statistics.cleaningUp == 1)
        // Its key is free meanwhile.
        let next = try factory.open("alice", "c1")
        #expect(next.manager !== opened.manager)
        clock.advance(by: .milliseconds(120))
        opened.resource.end()
        let result = try #require(await cleanup)
        #expect(result.duration == .milliseconds(120))
        #expect(result.resourceCount == 1 && result.closedHardCount == 0 && result.remainingCount == 0)
        #expect(events.cleanups == [result])
        #expect(opened.resource.hardCount == 0)
        #expect(factory.statistics.cleanupDurations.count == 1)
        await factory.shutdown()
        #expect(clock.sleeperCount == 0)
    }

    @Test("what is not gone within the limit is closed hard, and what is not gone then is reported")
    func closesHard() async throws {
        let stubborn = try factory.open("alice", "c1", .closesHardOnly)
        let immortal = try factory.open("alice", "c1", .neverCloses)
        async let cleanup = factory.cleanup(stubborn.manager.key)
        await waitForDeadline()
        clock.advance(by: .milliseconds(499))
        #expect(stubborn.resource.hardCount == 0)
        clock.advance(by: .milliseconds(1))
        #expect(await eventually { immortal.resource.hardCount == 1 && stubborn.resource.hardCount == 1 })
        await waitForDeadline()
        clock.advance(by: .milliseconds(500))
        let result = try #require(await cleanup)
        #expect(result.closedHardCount == 2)
        #expect(result.remainingCount == 1)
        #expect(factory.statistics.closedHard == 2)
        await factory.shutdown()
    }

    @Test("cleanup is idempotent, also while it is under way")
    func idempotent() async throws {
        let opened = try factory.open("alice", "c1", .closesWhenTold)
        let key = opened.manager.key
        async let first = factory.cleanup(key)
        #expect(await eventually { factory.statistics.cleaningUp == 1 })
        async let second = factory.cleanup(key)
        async let third = factory.cleanup([key, key])
        opened.resource.end()
        let result = try #require(await first)
        let others = [await second].compactMap { $0 } + (await third)
        #expect(others.allSatisfy { $0 == result })
        #expect(await factory.cleanup(key) == nil)
        #expect(opened.resource.reasons == [.requested])
        #expect(factory.statistics.ended == [.requested: 1])
        await factory.shutdown()
    }

    @Test("a batch, a user, all")
    func several() async throws {
        for user in ["alice", "bob"] {
            for number in 1...6 { try factory.open(user, "c\(number)") }
        }
        let batch = await factory.cleanup((1...4).map { IsolationKey(user: "alice", connection: "c\($0)") })
        #expect(batch.count == 4)
        #expect(await factory.forceCleanup(user: "bob").count == 6)
        #expect(await factory.forceCleanup(user: "bob").isEmpty)
        #expect(factory.statistics.managersPerUser == ["alice": 2])
        await factory.shutdown()
        await factory.shutdown()
        #expect(factory.statistics.ended == [.requested: 4, .forced: 6, .shutdown: 2])
        #expect(factory.statistics.cleanupPercent == 100)
        #expect(throws: ManagerRefusal.shutDown) { try factory.open("alice", "c1") }
    }

    @Test("shutdown waits for cleanups that are under way")
    func shutdownWaits() async throws {
        let opened = try factory.open("alice", "c1", .closesHardOnly)
        async let cleanup = factory.cleanup(opened.manager.key)
        await waitForDeadline()
        async let shutdown: Void = factory.shutdown()
        await #expect(throws: ManagerRefusal.self) {
            while true {
                try factory.open("bob", "c1").resource.end()
                await Task.yield()
            }
        }
        clock.advance(by: .milliseconds(500))
        await shutdown
        #expect(factory.statistics.cleaningUp == 0)
        #expect(await cleanup?.closedHardCount == 1)
        #expect(clock.sleeperCount == 0)
    }

    @Test("shutdown waits for cleanups that begin while it does", arguments: 1...20)
    func shutdownRaces(round: Int) async throws {
        var limits = ManagerLimits()
        limits.cleanupLimit = .milliseconds(1)
        limits.batchCleanupLimit = .milliseconds(1)
        let factory = Factory(limits: limits)
        let opened = try (1...10).map { try factory.open("alice", "c\($0)", .closesHardOnly) }
        await withTaskGroup { group in
            for number in 1...10 {
                group.addTask { _ = await factory.cleanup(IsolationKey(user: "alice", connection: "c\(number)")) }
            }
            group.addTask {
                await factory.shutdown()
                #expect(factory.statistics.active == 0 && factory.statistics.cleaningUp == 0)
            }
        }
        #expect(opened.allSatisfy { $0.resource.hardCount == 1 })
    }

    @Test("with twelve managers the next one frees those that are stale")
    func proactive() async throws {
        for number in 1...6 { try factory.open("alice", "old\(number)") }
        clock.advance(by: .seconds(1800))
        for number in 1...5 { try factory.open("alice", "new\(number)") }
        #expect(factory.statistics.active == 11)
        try factory.open("alice", "new6")
        #expect(factory.statistics.active == 12)
        try factory.open("alice", "new7")
        #expect(factory.statistics.active == 7)
        #expect(await eventually { factory.statistics.ended == [.proactive: 6] })
        await factory.shutdown()
    }

    @Test("with sixteen managers, those idle for a tenth of the time give way")
    func emergency() async throws {
        for number in 1...8 { try factory.open("alice", "old\(number)") }
        clock.advance(by: .seconds(179))
        for number in 1...8 { try factory.open("alice", "new\(number)") }
        try factory.open("alice", "next1")
        #expect(factory.statistics.active == 17)
        clock.advance(by: .seconds(1))
        try factory.open("alice", "next2")
        #expect(factory.statistics.active == 10)
        #expect(await eventually { factory.statistics.ended == [.emergency: 8] })
        await factory.shutdown()
    }

    @Test("activity keeps a manager, at the limit too")
    func activity() async throws {
        let managers = try (1...20).map { try factory.open("alice", "c\($0)").manager }
        clock.advance(by: .seconds(10_000))
        for manager in managers.dropFirst() { manager.recordActivity() }
        try factory.open("alice", "c21")
        #expect(factory.key(of: managers[0]) == nil)
        #expect(managers.dropFirst().allSatisfy { factory.key(of: $0) != nil })
        #expect(throws: ManagerRefusal.self) { try factory.open("alice", "c22") }
        await factory.shutdown()
    }

    @Test("at the global limit idle managers of any user give way")
    func globalEmergency() async throws {
        var limits = ManagerLimits()
        limits.maximumManagers = 4
        limits.backgroundInterval = .seconds(1_000_000)
        let factory = Factory(limits: limits, clock: clock)
        for user in ["a", "b", "c"] { try factory.open(user, "c1") }
        clock.advance(by: .seconds(180))
        try factory.open("d", "c1")
        try factory.open("e", "c1")
        #expect(factory.statistics.managersPerUser == ["d": 1, "e": 1])
        await factory.shutdown()
    }

    @Test("the background cleanup starts with the first manager, frees what is stale, and ends with the factory")
    func background() async throws {
        let factory = Factory(clock: clock)
        #expect(clock.sleeperCount == 0)
        try factory.open("alice", "c1")
        try factory.open(nil, "c1")
        #expect(await eventually { clock.sleeperCount == 1 })
        clock.advance(by: .seconds(60))
        #expect(await eventually { clock.sleeperCount == 1 })
        #expect(factory.statistics.active == 2)
        clock.advance(by: .seconds(1800))
        #expect(await eventually { factory.statistics.ended == [.background: 1] })
        #expect(factory.statistics.anonymous == 1)
        await factory.shutdown()
        #expect(clock.sleeperCount == 0)
    }

    @Test("a defect shows", arguments: ManagerDefect.allCases)
    func defects(_ defect: ManagerDefect) async throws {
        let factory = Factory(limits: ManagerLimits(), clock: clock, defect: defect)
        let opened = try factory.open("alice", "c1")
        await factory.cleanup(opened.manager.key)
        switch defect {
        case .leavesResourcesOpen:
            #expect(opened.resource.reasons.isEmpty)
            #expect(factory.statistics.active == 0)
        case .keepsManagers:
            #expect(opened.resource.reasons == [.requested])
            #expect(factory.statistics.active == 1)
        }
        await factory.shutdown()
    }
}
