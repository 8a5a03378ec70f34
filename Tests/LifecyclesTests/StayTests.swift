import Lifecycles
import Remedies
import SystemCalls
import Testing
import WebSocketProtocol
import WebSockets

@Suite("Peers that stay", .serialized)
struct StayTests {
    /// Runs `body` with a driver and the script of a server of ours, which ends no connection by itself: on a slow machine an
    /// opening handshake takes longer than the limits of a server in use.
    private func withServer(
        _ change: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (PeerDriver, PeerScript, WebSocketServer) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.limits.handshakeLimit = .seconds(7200)
        configuration.limits.idleLimit = .seconds(7200)
        configuration.limits.pingInterval = nil
        change(&configuration)
        let echo = EchoHandler()
        let server = try await WebSocketServer.start(configuration) { _ in echo }
        let driver = try PeerDriver()
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
        script.stepLimit = .seconds(300)
        do {
            try await body(driver, script, server)
        } catch {
            driver.stop()
            await server.shutdownNow()
            throw error
        }
        driver.stop()
        await server.shutdownNow()
    }

    private static let held = Lifecycle.plain.filter { $0.steps.contains(.hold) && $0.steps.contains(.awaitUpgrade) }

    @Test("a target that ends the connection lets go, and a held peer leaves", arguments: held)
    private func letGo(lifecycle: Lifecycle) async throws {
        let conduct = Conduct("ends") { $0.request = [.upgrade(), .end] }
        // Whoever first exchanges a message needs a target that lives so long.
        let exchanging = Conduct("ends on failure") { $0.failure = [.end] }
        let exchanges = lifecycle.steps.contains(.awaitReplies(1))
        let seen = try await counts(lifecycle, against: exchanges ? exchanging : conduct, hold: .seconds(7200))
        #expect(seen.completed == 4, "\(seen.firstProblem ?? "")")
        #expect(seen.letGo == 4 && seen.endedOtherwise == 0)
        let first = try #require(seen.firstLetGoAfter)
        let last = try #require(seen.lastLetGoAfter)
        #expect(first >= .zero && first <= last && last < .seconds(3600))
    }

    @Test("a Close of the target lets go of a peer that listens")
    func closedWhileHeld() async throws {
        let conduct = Conduct("closes") { $0.request = [.upgrade(and: [0x88, 2, 0x03, 0xE9])] }
        let seen = try await counts(.idlePong, against: conduct, hold: .seconds(7200))
        #expect(seen.completed == 4 && seen.letGo == 4 && seen.violations == 0)
    }

    @Test(
        "a target that keeps the connection does not let go", arguments: ["idle/pong", "idle/no-pong", "vanish-open"])
    func kept(name: String) async throws {
        for lifecycle in Lifecycle.named(name) {
            let begun = MonotonicTime.now
            let seen = try await counts(lifecycle, against: Conduct("keeps"), hold: .milliseconds(120))
            #expect(seen.completed == 4 && seen.letGo == 0 && seen.firstLetGoAfter == nil && seen.pings == 0)
            #expect(begun.elapsed >= .milliseconds(120))
        }
    }

    @Test("a silent peer keeps its descriptor until its time is over, let go of or not", arguments: [true, false])
    func silent(isLetGo: Bool) async throws {
        let conduct = Conduct("ends") { $0.request = isLetGo ? [.upgrade(), .halfClose] : [.upgrade()] }
        let begun = MonotonicTime.now
        let seen = try await counts(.vanishSilently, against: conduct, hold: .seconds(5))
        #expect(seen.completed == 4 && seen.letGo == (isLetGo ? 4 : 0) && seen.endedOtherwise == 0)
        #expect(begun.elapsed >= .seconds(5))
        #expect(seen.firstLetGoAfter.map { $0 < .seconds(5) } ?? !isLetGo)
    }

    @Test("of a silent peer nothing is left once the target has reset it")
    func silentReset() async throws {
        let begun = MonotonicTime.now
        let conduct = Conduct("resets") { $0.request = [.upgrade(), .reset] }
        let seen = try await counts(.vanishSilently, against: conduct, hold: .seconds(7200))
        #expect(seen.completed == 4 && seen.letGo == 4 && begun.elapsed < .seconds(3600))
    }

    @Test("a target's heartbeat is seen, whether it is answered or not")
    func heartbeat() async throws {
        try await withServer {
            // A busy machine has this long to answer a Ping.
            $0.limits.pingInterval = .seconds(2)
            // A peer that ignores the target does not answer its Close; TCP ends after that.
            $0.limits.closeLimit = .milliseconds(50)
        } _: { driver, script, _ in
            let seen = await driver.observe(script, count: 3, hold: .seconds(9))
            #expect(seen.answering.completed == 3 && seen.answering.letGo == 0)
            #expect(seen.answering.pings >= 3)
            #expect(seen.unanswering.pings >= 3 && seen.unanswering.letGo == 3)
            let first = try #require(seen.firstPingAfter)
            // The peer may see the upgrade late, so that less time seems to pass; never more than there is.
            #expect(first > .zero && first < .seconds(9))
            #expect(seen.idleLimit == nil)
            let limit = try #require(seen.unansweredLimit)
            #expect(limit > .zero && limit < .seconds(9))
        }
    }

    @Test("a target without a heartbeat sends none, and its idle limit is seen")
    func idleLimit() async throws {
        try await withServer {
            $0.limits.pingInterval = nil
            $0.limits.idleLimit = .milliseconds(200)
            $0.limits.closeLimit = .milliseconds(50)
        } _: { driver, script, _ in
            let begun = MonotonicTime.now
            let seen = await driver.observe(script, count: 3, hold: .seconds(7200))
            #expect(seen.firstPingAfter == nil && seen.answering.pings == 0)
            #expect(seen.answering.letGo == 3 && seen.unanswering.letGo == 3)
            let limit = try #require(seen.idleLimit)
            #expect(limit > .zero && limit < .seconds(3600))
            #expect(begun.elapsed < .seconds(3600), "nobody waits for a hold that is over")
        }
    }

    @Test("a cancelled observation gives what was seen by then, and leaves other drives alone")
    func cancelled() async throws {
        try await withServer {
            $0.limits.pingInterval = .milliseconds(50)
        } _: { driver, script, server in
            var long = script
            long.holdLimit = .seconds(600)
            let other = Task { [long] in
                await driver.drive(.vanishSilently, long, .init(connections: 2, concurrency: 2, limit: .seconds(300)))
            }
            let observing = Task { await driver.observe(script, count: 3, hold: .seconds(600)) }
            let deadline = ContinuousClock.now + .seconds(600)
            while await server.connectionCount < 8 && ContinuousClock.now < deadline { await Task.yield() }
            observing.cancel()
            let seen = await observing.value
            #expect(seen.answering.completed == 3 && seen.answering.firstProblem == nil)
            #expect(ContinuousClock.now < deadline)
            other.cancel()
            let rest = await other.value
            #expect(rest.completed == 2 && rest.broken == 0)
        }
    }

    @Test(
        "thousands are held at a time",
        .enabled(if: DescriptorLimit.current >= 6000, "both ends of each connection are descriptors of this process"))
    func thousands() async throws {
        try await withServer { driver, script, server in
            var script = script
            script.holdLimit = .seconds(7200)
            script.stepLimit = .seconds(600)
            let begun = MonotonicTime.now
            let drive = Task { [script] in
                await driver.drive(
                    .vanishSilently, script, .init(connections: 2000, concurrency: 2000, limit: .seconds(300)))
            }
            var most = 0
            while most < 1900 && begun.elapsed < .seconds(300) { most = max(most, await server.connectionCount) }
            // Once others have come and gone, what the server has answered has arrived.
            script.holdLimit = .zero
            let load = PeerDriver.Load(connections: 50, concurrency: 5, limit: .seconds(600))
            let others = await driver.drive(.cleanClose, script, load)
            #expect(others.completed == 50)
            drive.cancel()
            let seen = await drive.value
            #expect(seen.completed >= 1900 && seen.letGo == 0, "\(seen.firstProblem ?? "")")
            #expect(most >= 1900)
        }
    }
}
