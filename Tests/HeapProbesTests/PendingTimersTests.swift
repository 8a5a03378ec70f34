import Foundation
import ProcessResources
import TestSupport
import Testing

@testable import HeapProbes

@Suite("Timers that are set", .serialized)
struct PendingTimersTests {
    @Test("lines of seconds and how many are read, and nothing else")
    func text() throws {
        #expect(try #require(PendingTimers("")).total == 0)
        #expect(try #require(PendingTimers("3 2\n45 1200\n")).counts == [3: 2, 45: 1200])
        for text in ["3", "3 x", "-1 2", "3 -2", "3 2 1", "no timers"] { #expect(PendingTimers(text) == nil) }
        let most = "1 \(Int.max)\n1 \(Int.max)"
        #expect(PendingTimers(most) != nil)
    }

    @Test("those of several processes are added")
    func sum() throws {
        let both = try #require(PendingTimers("3 2\n45 1")) + #require(PendingTimers("45 4"))
        #expect(both.counts == [3: 2, 45: 5])
        #expect(both.total == 7)
    }

    @Test(
        "asyncio's timers are found with when they are due; those that were cancelled or have fired are not",
        .enabled(if: StartedProcess.has("python3"), "python3 is not installed"))
    func asyncio() async throws {
        let preparation = "import asyncio; loop = asyncio.new_event_loop()"
        let code = """
            loop.call_soon(loop.stop)
                for _ in range(500): loop.call_later(120, print)
                for _ in range(40): loop.call_later(45, print).cancel()
                kept.append(loop.call_later(0, len, ()))
                loop.run_forever()
            """
        let script = try await AgentScript.python(preparation, code)
        let probe = try await script.probe()
        #expect(await probe.pendingTimers()?.total == 0)
        try await script.act()
        let timers = try #require(await probe.pendingTimers())
        // Whoever reads late finds them due sooner.
        #expect(timers.total == 500)
        #expect(timers.counts.keys.allSatisfy { (60...120).contains($0) }, "\(timers)")
    }

    @Test(
        "Node's timeouts are found with when they are due; intervals and what was cleared are not",
        .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func node() async throws {
        let server = """
            for (let i = 0; i < 300; i++) setTimeout(() => {}, 90000);
            for (let i = 0; i < 20; i++) { setInterval(() => {}, 60000); clearTimeout(setTimeout(() => {}, 1e6)); }
            require('http').createServer((request, response) => response.end()).listen(0, '127.0.0.1');
            """
        let process = try StartedProcess(["node", "-e", server], environment: HeapSpecification.node.environment)
        let reader = try await process.reader { try !$0.heldListeners().isEmpty }
        let port = try #require(try reader.heldListeners().first).local.port
        let subject = HeapSubject(
            processes: [reader], url: try HTTPLocation("http://127.0.0.1:\(port)/"), isOwn: true)
        let probe = try #require(try await subject.open(.node))
        let timers = try #require(await probe.pendingTimers())
        #expect(timers.counts.filter { $0.key > 30 }.values.reduce(0, +) == 300)
        #expect(timers.counts.keys.allSatisfy { $0 <= 90 }, "\(timers)")
        #expect(timers.total < 310)
        await probe.close()
    }
}
