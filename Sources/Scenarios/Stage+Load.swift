import Environments
import Managers
import SystemCalls
import WebSocketProtocol
import WebSockets

extension Stage {
    /// Scenario `rapid-cycles`.
    func cycleRapidly() async throws {
        let cycles = limits.stressCycles
        let begun = ContinuousClock.now
        var completed = 0
        var longest = Duration.zero
        var left = 0
        for cycle in 1...cycles where begun.duration(to: .now) < limits.stressLimit {
            try Task.checkCancellation()
            let ids = ids("cycle\(cycle)-", 1...3)
            let duration = await timed("cycle", within: limits.longestCycle, isChecked: false) {
                guard let clients = try? await open("rapid", ids) else { return }
                var isComplete = true
                for client in clients where (try? await client.send("cycle \(cycle)")) == nil { isComplete = false }
                await factory.cleanup(ids.map { IsolationKey(user: "rapid", connection: $0) })
                let leftNow = await server.connectionCount
                if leftNow > 0, left == 0 { expect("connections left after cycle \(cycle)", leftNow, is: 0) }
                left += leftNow
                await forget(clients)
                if isComplete { completed += 1 }
            }
            longest = max(longest, duration)
            snapshot("cycle \(cycle)")
        }
        let seconds = begun.duration(to: .now).inSeconds
        expect(
            "at least 80% of \(cycles) cycles in \(limits.stressLimit.inMilliseconds)", completed * 5 >= cycles * 4,
            found: "\(completed)")
        expect("at least 2 cycles a second", Double(completed) / seconds >= 2, found: "\(Double(completed) / seconds)")
        expect("connections left after any cycle", left, is: 0)
        expect("longest cycle", longest, atMost: limits.longestCycle)
        let statistics = factory.statistics
        expect("cleanup ratio of at least 95%", statistics.cleanupPercent >= 95, found: "\(statistics.cleanupPercent)%")
        // The factory's own count: a sample may miss a cycle of two milliseconds.
        expect(
            "peak of managers, at least a cycle's 3 and below 20", (3..<20).contains(statistics.peakActive),
            found: "\(statistics.peakActive)")
        expectNoGrowth()
        expect("managers that remain", statistics.active, atMost: limits.managersThatMayRemain)
    }

    /// Scenario `comprehensive`.
    func serveThreeUsers() async throws {
        let heavy = try await open("heavy", ids("h", 1...15))
        let normal = try await open("normal", ids("n", 1...5))
        await withTaskGroup(of: Void.self) { group in
            for round in 1...5 {
                group.addTask { await self.exchange(heavy, "heavy \(round)") }
                group.addTask { await self.exchange(normal, "normal \(round)") }
            }
            group.addTask {
                for number in 1...10 {
                    let id = "y\(number)"
                    guard let client = try? await self.open("cycling", id) else { continue }
                    await self.exchange([client], "cycling \(number)")
                    await client.close()
                    await self.factory.cleanup(IsolationKey(user: "cycling", connection: id))
                }
            }
        }
        await eventually("managers of the cycling user", is: 0) { factory.keys(of: "cycling").count }
        snapshot("three users")
        let pushed = try await openIfAdmitted("heavy", ids("h", 16...23))
        expect("of 23 managers those let in", heavy.count + pushed.count, is: factory.limits.maximumManagersPerUser)
        expect("refusals counted", factory.statistics.refusedByUserLimit, is: 3)
        await exchange(heavy + pushed + normal, "still there")
        snapshot("one user at the limit")
        await timed("forced cleanup", within: limits.batchCleanupLimit) { await factory.forceCleanup(user: "heavy") }
        expect("managers of the heavy user", factory.keys(of: "heavy").count, is: 0)
        expect("managers of the normal user", factory.keys(of: "normal").count, is: 5)
        await eventually("connections in the end", is: 5) { await server.connectionCount }
        await exchange(normal, "untouched")
    }
}
