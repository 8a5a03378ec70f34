import Environments
import Managers
import WebSocketProtocol
import WebSockets

extension Stage {
    /// Scenario `limit`.
    func reachLimit() async throws {
        let most = factory.limits.maximumManagersPerUser
        _ = try await open("alice", ids("c", 1...most))
        expect("managers of alice", factory.keys(of: "alice").count, is: most)
        await expectRefusal("alice", "c\(most + 1)")
        expect("refusals counted", factory.statistics.refusedByUserLimit, is: 1)
        snapshot("at the limit")
        for id in ids("c", 1...5) {
            await timed("cleanup", within: limits.cleanupLimit) {
                await factory.cleanup(IsolationKey(user: "alice", connection: id))
            }
        }
        await eventually("connections after 5 cleanups", is: most - 5) { await server.connectionCount }
        let next = try await openIfAdmitted("alice", ids("new", 1...5))
        expect("new connections let in", next.count, is: 5)
        await exchange(next)
        await expectRefusal("alice", "c\(most + 2)")
        expect("managers of alice in the end", factory.keys(of: "alice").count, is: most)
        expect("managers created", factory.statistics.created, is: most + 5)
        expect("refusals counted in the end", factory.statistics.refusedByUserLimit, is: 2)
    }

    /// Scenario `cleanup-timing`.
    func cleanUpInTime() async throws {
        let clients = try await open("alice", ids("c", 1...10))
        await exchange(clients)
        snapshot("10 managers")
        var total = Duration.zero
        for id in ids("c", 1...5) {
            total += await timed("cleanup", within: limits.cleanupLimit) {
                await factory.cleanup(IsolationKey(user: "alice", connection: id))
            }
        }
        expect("mean of 5 cleanups", total / 5, atMost: limits.cleanupLimit / 2)
        expect("managers after 5 cleanups", factory.statistics.active, is: 5)
        await timed("batch cleanup", within: limits.batchCleanupLimit) {
            await factory.cleanup(ids("c", 6...10).map { IsolationKey(user: "alice", connection: $0) })
        }
        expect("managers after the batch", factory.statistics.active, is: 0)
        expect("connections closed hard", factory.statistics.closedHard, is: 0)
        await eventually("clients told so with 1000", is: 10) {
            var told = 0
            for client in clients where await client.outcome?.code == .normalClosure { told += 1 }
            return told
        }
        snapshot("after the batch")
    }

    /// Scenario `pressure`; time is moved by hand.
    func applyPressure() async throws {
        guard let clock else { return }
        let stale = try await open("alice", ids("stale", 1...6))
        await exchange(stale)
        clock.advance(by: factory.limits.staleLimit)
        await exchange(try await open("alice", ids("busy", 1...6)))
        expect("managers before proactive cleanup", factory.statistics.active, is: 12)
        await timed("proactive cleanup", within: limits.batchCleanupLimit) {
            _ = try? await open("alice", "thirteenth")
            await eventually("proactive cleanups", is: 6) { factory.statistics.ended[.proactive] ?? 0 }
        }
        expect("managers after proactive cleanup", factory.statistics.active, is: 7)
        await eventually("connections after proactive cleanup", is: 7) { await server.connectionCount }
        snapshot("after proactive cleanup")

        let fresh = try await openIfAdmitted("alice", ids("fresh", 1...9))
        expect("managers before emergency cleanup", factory.statistics.active, is: 16)
        clock.advance(by: factory.limits.emergencyStaleLimit)
        await exchange(Array(fresh.prefix(4)))
        await timed("emergency cleanup", within: limits.emergencyCleanupLimit) {
            _ = try? await open("alice", "seventeenth")
            await eventually("emergency cleanups", is: 12) { factory.statistics.ended[.emergency] ?? 0 }
        }
        expect("managers after emergency cleanup", factory.statistics.active, is: 5)
        await exchange(Array(fresh.prefix(4)))
        snapshot("after emergency cleanup")

        await timed("forced cleanup", within: limits.batchCleanupLimit) { await factory.forceCleanup(user: "alice") }
        expect("managers after forced cleanup", factory.statistics.active, is: 0)
        await eventually("connections after forced cleanup", is: 0) { await server.connectionCount }
    }

    /// Names such as `c1`, `c2`.
    func ids(_ prefix: String, _ numbers: ClosedRange<Int>) -> [String] { numbers.map { "\(prefix)\($0)" } }

    /// The connection must be refused with HTTP 503 and told when to try again.
    func expectRefusal(_ user: String, _ connection: String) async {
        do {
            _ = try await open(user, connection)
            expect("connection \(connection) refused", false, found: "accepted")
        } catch ConnectFailure.refused(let head) {
            expect("status of the refusal", head.status, is: 503)
            expect("Retry-After", head.fields["Retry-After"] ?? "none", is: "1")
        } catch {
            expect("connection \(connection) refused with HTTP 503", false, found: "\(error)")
        }
    }

    /// Opens those that are let in.
    func openIfAdmitted(_ user: String, _ connections: [String]) async throws -> [ConnectionUnderTest] {
        var opened: [ConnectionUnderTest] = []
        for connection in connections {
            do {
                opened.append(try await open(user, connection))
            } catch ConnectFailure.refused {
                continue
            }
        }
        return opened
    }
}
