import LeakStatistics
import Managers
import SystemCalls
import Testing

/// Everything at once, from many threads; under ThreadSanitizer as well.
@Suite("Managers under stress")
struct StressTests {
    @Test("an active manager is always found at the first try, and nothing is lost", arguments: [true, false])
    func everythingAtOnce(isEverythingSoonStale: Bool) async throws {
        var limits = ManagerLimits()
        limits.maximumManagersPerUser = 5
        if isEverythingSoonStale {
            limits.staleLimit = .microseconds(300)
            limits.emergencyStaleLimit = .microseconds(100)
        }
        limits.backgroundInterval = .milliseconds(1)
        let factory = Factory(limits: limits)
        let notFound = Locked(0)
        let beyondLimit = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(worker))
                    for round in 0..<1500 {
                        let user = "user\(Int.random(in: 0..<3, using: &random))"
                        let connection = "c\(Int.random(in: 0..<8, using: &random))"
                        switch Int.random(in: 0..<10, using: &random) {
                        case 0: await factory.cleanup(IsolationKey(user: user, connection: connection))
                        case 1 where round % 50 == 0: await factory.forceCleanup(user: user)
                        case 2: _ = factory.statistics
                        case 3: await factory.cleanup(factory.keys(of: user))
                        default:
                            guard let opened = try? factory.open(user, connection) else { continue }
                            opened.manager.recordActivity()
                            // Nobody else knows this key, so that only its own staleness can end the manager.
                            let own = try? factory.open("worker\(worker)", "only\(round)")
                            if let own, !isEverythingSoonStale, factory.key(of: own.manager) != own.manager.key {
                                notFound.withLock { $0 += 1 }
                            }
                            own?.resource.end()
                            if round % 3 == 0 { opened.resource.end() }
                        }
                        if factory.keys(of: user).count > 5 { beyondLimit.withLock { $0 += 1 } }
                    }
                }
            }
        }
        #expect(notFound.withLock { $0 } == 0)
        #expect(beyondLimit.withLock { $0 } == 0)
        await factory.shutdown()
        let statistics = factory.statistics
        #expect(statistics.active == 0 && statistics.cleaningUp == 0)
        #expect(statistics.created == statistics.cleanedUp)
        #expect(statistics.created > 1000)
    }
}
