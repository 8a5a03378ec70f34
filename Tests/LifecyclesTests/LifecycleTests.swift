import Lifecycles
import Remedies
import Sockets
import Synchronization
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

/// What a server saw of its connections.
private final class Observations: Sendable {
    struct Ending: Hashable {
        var cause: CloseOutcome.Cause
        var bytesReceived: Int
        var messagesReceived: Int
        var isCompressed: Bool
    }

    private let endings = Locked<[Ending]>([])

    func note(_ connection: Connection, _ outcome: CloseOutcome) {
        let ending = Ending(
            cause: outcome.cause, bytesReceived: connection.bytesReceived,
            messagesReceived: connection.messagesReceived,
            isCompressed: connection.compression != nil)
        endings.withLock { $0.append(ending) }
    }

    var all: [Ending] { endings.withLock { $0 } }
}

/// Answers no message, and sends Pings all the while.
private final class PingingHandler: ConnectionHandler, @unchecked Sendable {
    private var timer: Timer?

    func opened(_ connection: Connection) {
        timer = Timer(on: connection.loop, after: .zero, every: .milliseconds(10)) { [unowned connection] in
            connection.ping()
        }
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {}

    func closed(_ connection: Connection, _ outcome: CloseOutcome) {
        timer?.cancel()
    }
}

@Suite("Lifecycles against a real server", .serialized)
struct LifecycleTests {
    /// Runs `body` with a server, its script and what the server observes; everything is ended afterwards.
    private func withServer(
        _ change: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (PeerDriver, PeerScript, Observations) async throws -> Void
    ) async throws {
        let observations = Observations()
        var configuration = ServerConfiguration.patient
        configuration.connectionEnds = { observations.note($0, $1) }
        configuration.refusal = { request in
            if request.target != "/" { return HTTPResponse(status: 404) }
            return request.fields.values(of: "Origin").isEmpty ? nil : HTTPResponse(status: 403)
        }
        change(&configuration)
        let echo = EchoHandler()
        let server = try await WebSocketServer.start(configuration) { _ in echo }
        let driver = try PeerDriver()
        do {
            var script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
            script.stepLimit = .seconds(300)
            try await body(driver, script, observations)
        } catch {
            driver.stop()
            await server.shutdownNow()
            throw error
        }
        driver.stop()
        await server.shutdownNow()
    }

    /// Waits until the server has seen `count` endings.
    private func endings(_ observations: Observations, count: Int) async throws -> [Observations.Ending] {
        let deadline = ContinuousClock.now + .seconds(600)
        while observations.all.count < count && ContinuousClock.now < deadline {
            await Task.yield()
        }
        let all = observations.all
        try #require(all.count == count)
        return all
    }

    @Test("every lifecycle comes about as often as was asked", arguments: Lifecycle.standard(isSecure: false))
    func completes(lifecycle: Lifecycle) async throws {
        try await withServer { driver, script, observations in
            let counts = await driver.drive(
                lifecycle, script, .init(connections: 200, concurrency: 16, limit: .seconds(300)))
            #expect(counts.attempted == 200)
            #expect(counts.completed == 200)
            #expect(counts.firstProblem == nil)
            _ = try await endings(observations, count: 200)
        }
    }

    @Test("compressed, both ends' messages are", arguments: Lifecycle.all.compactMap(\.compressed))
    func compresses(lifecycle: Lifecycle) async throws {
        try await withServer { driver, script, observations in
            let counts = await driver.drive(
                lifecycle, script, .init(connections: 100, concurrency: 16, limit: .seconds(300)))
            #expect(counts.completed == 100)
            #expect(counts.firstProblem == nil)
            for ending in try await endings(observations, count: 100) where ending.messagesReceived > 0 {
                #expect(ending.isCompressed)
                #expect(
                    ending.bytesReceived < 1000 + 100 * ending.messagesReceived,
                    "a message of 2,200 bytes was sent as it is")
            }
        }
    }

    @Test("a target that does not compress is not driven compressed")
    func doesNotCompress() async throws {
        try await withServer {
            $0.compression = nil
        } _: { driver, script, _ in
            let lifecycle = try #require(Lifecycle.fin.compressed)
            let counts = await driver.drive(
                lifecycle, script, .init(connections: 100, concurrency: 1, limit: .seconds(300)))
            #expect(counts.completed == 0 && counts.refused == counts.attempted && counts.attempted < 100)
            #expect(counts.uncompressed == counts.refused)
            #expect(counts.firstProblem == "the target does not agree to permessage-deflate")
        }
        // A target that refuses or breaks for another reason is not one that does not compress.
        try await withServer {
            $0.refusal = { _ in HTTPResponse(status: 503) }
        } _: { driver, script, _ in
            let lifecycle = try #require(Lifecycle.fin.compressed)
            let counts = await driver.drive(
                lifecycle, script, .init(connections: 1, concurrency: 1, limit: .seconds(300)))
            #expect(counts.refused == 1 && counts.uncompressed == 0)
        }
    }

    @Test func cleanCloseIsClean() async throws {
        try await withServer { driver, script, observations in
            _ = await driver.drive(.cleanClose, script, .init(connections: 20, concurrency: 4, limit: .seconds(300)))
            for ending in try await endings(observations, count: 20) {
                #expect(ending.cause == .peerClosed)
                #expect(ending.messagesReceived == 1)
            }
        }
    }

    @Test func bareTCPSendsNothing() async throws {
        try await withServer { driver, script, observations in
            _ = await driver.drive(.bareTCP, script, .init(connections: 20, concurrency: 4, limit: .seconds(300)))
            for ending in try await endings(observations, count: 20) {
                #expect(ending.cause == .endOfStream)
                #expect(ending.bytesReceived == 0)
            }
        }
    }

    @Test func finEndsTheStreamWithoutAClose() async throws {
        try await withServer { driver, script, observations in
            _ = await driver.drive(.fin, script, .init(connections: 20, concurrency: 4, limit: .seconds(300)))
            for ending in try await endings(observations, count: 20) {
                #expect(ending.cause == .endOfStream)
                #expect(ending.messagesReceived == 1)
            }
        }
    }

    @Test func resetIsSeenAsReset() async throws {
        try await withServer { driver, script, observations in
            _ = await driver.drive(.reset, script, .init(connections: 20, concurrency: 4, limit: .seconds(300)))
            for ending in try await endings(observations, count: 20) {
                guard case .broken(let error) = ending.cause else {
                    Issue.record("seen as \(ending.cause)")
                    continue
                }
                #expect(error == SystemCallError(.recv, errno: 104))
            }
        }
    }

    @Test func vanishHandshakeNeverSendsAFrame() async throws {
        try await withServer { driver, script, observations in
            _ = await driver.drive(
                .vanishHandshake, script, .init(connections: 20, concurrency: 4, limit: .seconds(300)))
            for ending in try await endings(observations, count: 20) {
                #expect(ending.bytesReceived > 0)
                #expect(ending.messagesReceived == 0)
            }
        }
    }

    @Test("a refused upgrade is counted and named, and ends the drive early")
    func refused() async throws {
        try await withServer { configuration in
            configuration.refusal = { _ in HTTPResponse(status: 401, text: "no") }
        } _: { driver, script, _ in
            let counts = await driver.drive(
                .fin, script, .init(connections: 5000, concurrency: 16, limit: .seconds(300)))
            #expect(counts.completed == 0)
            #expect(counts.refused == counts.attempted)
            #expect(counts.attempted < 200)
            #expect(counts.firstProblem?.description.contains("401") == true)
        }
    }

    @Test("a target that does not answer a message stalls the peers, within their limit")
    func stalled() async throws {
        let sink = SinkHandler()
        let server = try await WebSocketServer.start { _ in sink }
        let driver = try PeerDriver()
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
        script.stepLimit = .seconds(2)
        let counts = await driver.drive(.fin, script, .init(connections: 4, concurrency: 4, limit: .seconds(300)))
        #expect(counts.stalled == 4)
        script.expectsReply = false
        script.stepLimit = .seconds(300)
        let unanswered = await driver.drive(.fin, script, .init(connections: 4, concurrency: 4, limit: .seconds(300)))
        #expect(unanswered.completed == 4)
        driver.stop()
        await server.shutdownNow()
    }

    @Test("what else the target sends does not prolong a step's limit")
    func chattyStall() async throws {
        let server = try await WebSocketServer.start { _ in PingingHandler() }
        let driver = try PeerDriver()
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
        script.stepLimit = .seconds(2)
        let counts = await driver.drive(.fin, script, .init(connections: 2, concurrency: 2, limit: .seconds(300)))
        #expect(counts.stalled == 2)
        driver.stop()
        await server.shutdownNow()
    }

    @Test("a cancelled drive does not wait for peers that a target holds")
    func cancelledWhileHeld() async throws {
        let sink = SinkHandler()
        let server = try await WebSocketServer.start { _ in sink }
        let driver = try PeerDriver()
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
        script.stepLimit = .seconds(600)
        let task = Task { [script] in
            await driver.drive(.fin, script, .init(connections: 4, concurrency: 4, limit: .seconds(300)))
        }
        let deadline = ContinuousClock.now + .seconds(600)
        while await server.connectionCount < 4 && ContinuousClock.now < deadline { await Task.yield() }
        task.cancel()
        #expect(await task.value.completed == 0)
        #expect(ContinuousClock.now < deadline)
        driver.stop()
        await server.shutdownNow()
    }

    @Test("nothing listens")
    func nothingListens() async throws {
        let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        try listener.close()
        let driver = try PeerDriver()
        let script = PeerScript(url: try WebSocketURL("ws://\(address)/"), address: address)
        let counts = await driver.drive(
            .bareTCP, script, .init(connections: 1000, concurrency: 8, limit: .seconds(300)))
        #expect(counts.completed == 0)
        #expect(counts.firstProblem?.description.contains("Connection refused") == true)
        driver.stop()
    }

    @Test("a cancelled drive begins no more connections and returns")
    func cancelled() async throws {
        try await withServer { driver, script, _ in
            let task = Task {
                await driver.drive(
                    .cleanClose, script, .init(connections: 10_000_000, concurrency: 4, limit: .seconds(300)))
            }
            task.cancel()
            let counts = await task.value
            #expect(counts.attempted < 10_000_000)
        }
    }

    @Test("peers that do not wait for the target wait for its accept queue")
    func acceptQueue() async throws {
        try await withServer { driver, script, _ in
            let asked = Atomic(0)
            let load = PeerDriver.Load(connections: 160, concurrency: 8) {
                // Long on the first two looks, then empty.
                asked.add(1, ordering: .relaxed).newValue <= 2 ? 1000 : 0
            }
            let counts = await driver.drive(.bareTCP, script, load)
            #expect(counts.completed == 160)
            #expect(asked.load(ordering: .relaxed) > 2)
        }
    }
}
