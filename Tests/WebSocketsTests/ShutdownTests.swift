import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("The end of a server")
    struct ShutdownTests {
        @Test("graceful: 1001 to every client, back when they have left")
        func graceful() async throws {
            try await TestServer.with { server in
                var peers: [RawPeer] = []
                for _ in 0..<5 { peers.append(try await RawPeer.open(server.address)) }
                let silent = try RawPeer(to: server.address)
                let start = MonotonicTime.now
                let ending = Task { await server.server.shutdown(within: .seconds(7200)) }
                for peer in peers {
                    #expect(try await peer.frame().closeCode == 1001)
                    try await peer.send(RawPeer.close(1001))
                    #expect(await peer.readToEnd() == .fin)
                }
                await ending.value
                #expect(start.elapsed < .seconds(3600))
                #expect(await silent.readToEnd() != .open)
                #expect(server.outcomes.all.filter(\.isClean).count == 5)
                #expect(await server.server.connectionCount == 0)
                // Nobody listens any more.
                let late = try? RawPeer(to: server.address)
                if let late { #expect(await late.readToEnd() == .reset) }
            }
        }

        @Test("graceful: back after the limit when one does not answer")
        func limit() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                let start = MonotonicTime.now
                await server.server.shutdown(within: .milliseconds(100))
                #expect(start.elapsed >= .milliseconds(100))
                #expect(await peer.readToEnd() == .reset)
                #expect(server.outcomes.all == [CloseOutcome(.aborted)])
            }
        }

        @Test("hard: every client is reset")
        func now() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                await server.server.shutdownNow()
                #expect(await peer.readToEnd() == .reset && peer.received.isEmpty)
                #expect(server.outcomes.all == [CloseOutcome(.aborted)])
            }
        }

        @Test("twice and at once: all return, none before the end")
        func concurrent() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                await withTaskGroup(of: Int.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            await server.server.shutdown(within: .milliseconds(80))
                            return server.outcomes.count
                        }
                    }
                    for await count in group { #expect(count == 1) }
                }
                await server.server.shutdown()
                await server.server.shutdownNow()
                #expect(await peer.readToEnd() == .reset)
            }
        }

        @Test("the hard one cuts the graceful one short")
        func escalation() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                let start = MonotonicTime.now
                let graceful = Task { await server.server.shutdown(within: .seconds(7200)) }
                #expect(try await peer.frame().closeCode == 1001)
                await server.server.shutdownNow()
                await graceful.value
                #expect(start.elapsed < .seconds(3600))
                #expect(await peer.readToEnd() == .reset)
            }
        }

        @Test("a handler that refers to its server does not keep it", arguments: [true, false])
        func cycle(isGraceful: Bool) async throws {
            weak var ended: WebSocketServer?
            do {
                let servers = Collected<WebSocketServer>()
                var configuration = ServerConfiguration()
                configuration.connectionEnds = { [servers] _, _ in _ = servers.count }
                let server = try await WebSocketServer.start(configuration) { [servers] _ in
                    _ = servers.count
                    return EchoHandler()
                }
                servers.append(server)
                ended = server
                _ = try await RawPeer.open(server.address)
                if isGraceful { await server.shutdown(within: .milliseconds(100)) } else { await server.shutdownNow() }
            }
            #expect(await eventually { ended == nil })
        }

        @Test("from inside a serving task")
        func fromInside() async throws {
            let servers = Collected<WebSocketServer>()
            let finished = Collected<Bool>()
            let server = try await WebSocketServer.serve { connection, _ in
                _ = await connection.receive()
                await servers.all[0].shutdown(within: .milliseconds(100))
                finished.append(true)
            }
            servers.append(server)
            let client = try await WebSocketClient.connect(to: server.url)
            try await client.send("end")
            #expect(
                try await client.closed()
                    == CloseOutcome(.peerClosed, code: .goingAway, reason: "the server is shutting down"))
            #expect(await eventually { finished.count == 1 })
            await server.shutdown()
        }
    }
}
