import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

@testable import Lifecycles

/// Adds up what it receives, and answers it with a word.
private final class CountingHandler: ConnectionHandler {
    let bytes = Locked(0)

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        let count = bytes.byteCount
        self.bytes.withLock { $0 += count }
        if count < 100 { _ = connection.send("an answer") }
    }
}

@Suite("What scripts do that no lifecycle of the catalogue does", .serialized)
struct ScriptCourseTests {
    /// Plays a script once, and returns what was traced.
    private func events(
        _ text: String, _ opening: Opening = Opening(), hold: Duration = .milliseconds(50), url: WebSocketURL,
        address: SocketAddress
    ) async throws -> [TraceEvent.Kind] {
        let events = Locked<[TraceEvent.Kind]>([])
        let driver = try PeerDriver()
        defer { driver.stop() }
        var script = PeerScript(url: url, address: address)
        script.options.opening = opening
        script.stepLimit = .seconds(300)
        script.holdLimit = hold
        let load = PeerDriver.Load(
            connections: 1, concurrency: 1, trace: { event in events.withLock { $0.append(event.kind) } })
        _ = await driver.drive(try Lifecycle(name: "t.lifecycle", script: text), script, load)
        return events.withLock { $0 }
    }

    @Test("a peer that stays after the target has ended the stream sees that once")
    func staysBehindTheEnd() async throws {
        let server = try RogueServer(Conduct("ends") { $0.request = [.upgrade(), .end] })
        defer { server.stop() }
        let seen = try await events(
            "open\nstay\nfin", hold: .milliseconds(300),
            url: try WebSocketURL("ws://127.0.0.1:\(server.address.port)/"),
            address: server.address)
        #expect(seen.count { if case .streamEnded = $0 { true } else { false } } == 1)
        #expect(seen.last == .ended(problem: nil))
    }

    @Test("a target that has ended the stream and takes no more is not waited for, and its end is seen once")
    func leavesWhatIsNotTaken() async throws {
        let server = try RogueServer(Conduct("ends and reads no more") { $0.request = [.upgrade(), .halfClose] })
        defer { server.stop() }
        let seen = try await events(
            "open\nmessages 200 80000\nfin", url: try WebSocketURL("ws://127.0.0.1:\(server.address.port)/"),
            address: server.address)
        #expect(seen.count { if case .streamEnded = $0 { true } else { false } } == 1)
        #expect(seen.last == .ended(problem: nil))
    }

    @Test("what was sent before fin arrives, however much it is")
    func sendsAll() async throws {
        let handler = CountingHandler()
        let server = try await WebSocketServer.start(.patient) { _ in handler }
        let seen = try await events(
            "open\nmessages 200 80000\nfin", url: try WebSocketURL(server.url), address: server.address)
        #expect(seen.last == .ended(problem: nil))
        let hasAll = await eventually { handler.bytes.withLock { $0 } == 200 * 80_000 }
        #expect(hasAll, "\(handler.bytes.withLock { $0 }) bytes")
        await server.shutdownNow()
    }

    @Test("what answers an opening that ends with a hold answers no message of the lifecycle")
    func answersAreTheirOwn() async throws {
        let handler = CountingHandler()
        let server = try await WebSocketServer.start(.patient) { _ in handler }
        let seen = try await events(
            "open\nmessages 1\nawait replies 1\nfin", try Opening("send hello\nexpect \"answer\"\nhold 20ms"),
            url: try WebSocketURL(server.url), address: server.address)
        let waits = try #require(seen.firstIndex(of: .step("await replies 1")))
        let leaves = try #require(seen.firstIndex(of: .step("fin")))
        let answers = seen[waits..<leaves].count { if case .received = $0 { true } else { false } }
        #expect(answers == 1, "\(seen)")
        await server.shutdownNow()
    }
}
