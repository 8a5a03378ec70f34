import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("Each limit ends a connection, and is named")
    struct LimitTests {
        @Test("handshakeLimit", arguments: [0, 20])
        func handshake(bytes: Int) async throws {
            try await TestServer.with {
                $0.limits.handshakeLimit = .milliseconds(60)
            } _: { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(Array(RawPeer.request().prefix(bytes)))
                #expect(await peer.readToEnd() != .open)
                #expect(try await server.outcome() == CloseOutcome(.limit(.handshake)))
            }
        }

        @Test("idleLimit: 1001 on the wire")
        func idle() async throws {
            try await TestServer.with {
                $0.limits.idleLimit = .milliseconds(80)
                $0.limits.pingInterval = nil
                $0.limits.closeLimit = .milliseconds(60)
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame().closeCode == 1001)
                #expect(await peer.readToEnd() == .fin)
                #expect(try await server.outcome().cause == .limit(.idle))
            }
        }

        @Test("pingInterval: a peer that answers stays, without a message of its own")
        func pingAnswered() async throws {
            let connections = Collected<Connection>()
            try await TestServer.with {
                $0.limits.pingInterval = .seconds(1)
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connections.append($0) }
                return handler
            } _: { server in
                // Its loop answers, however busy the test's own threads are.
                let client = try await WebSocketClient.connect(to: server.server.url)
                let connection = try #require(connections.all.first)
                let start = await connection.loop.run { connection.bytesReceived }
                // Each Pong has six bytes.
                var received = start
                for _ in 0..<100_000 where received < start + 3 * 6 {
                    try await Task.sleep(for: .milliseconds(5))
                    received = await connection.loop.run { connection.bytesReceived }
                }
                #expect(received >= start + 3 * 6 && server.outcomes.count == 0)
                #expect(await client.close().isClean)
            }
        }

        @Test("pingInterval: 1011 to a peer that does not answer")
        func pingUnanswered() async throws {
            try await TestServer.with {
                $0.limits.pingInterval = .milliseconds(100)
                $0.limits.closeLimit = .milliseconds(60)
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame().first == 0x89)
                #expect(try await peer.frame().closeCode == 1011)
                #expect(await peer.readToEnd() == .fin)
                #expect(try await server.outcome().cause == .limit(.pong))
            }
        }

        @Test("closeLimit: a peer that does not answer our Close, which must be read although we paused")
        func close() async throws {
            try await TestServer.with {
                $0.limits.closeLimit = .milliseconds(60)
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = {
                    $0.pause()
                    $0.close()
                }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame().closeCode == 1000)
                #expect(await peer.readToEnd() == .fin)
                #expect(try await server.outcome() == CloseOutcome(.limit(.close)))
            }
        }

        @Test("closeLimit: a refused client that does not leave")
        func refused() async throws {
            try await TestServer.with {
                $0.limits.closeLimit = .milliseconds(60)
            } _: { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                #expect(await peer.readToEnd() == .fin)
                #expect(try await server.outcome() == CloseOutcome(.handshakeFailure(status: 426)))
            }
        }

        @Test("connectLimit: a listener whose queue is full")
        func connect() async throws {
            let listener = try RawListener(backlog: 0)
            var fillers: [RawPeer] = []
            for _ in 0..<4 { fillers.append(try RawPeer(to: listener.address)) }
            var configuration = ClientConfiguration()
            configuration.limits.connectLimit = .milliseconds(100)
            let error = await #expect(throws: ConnectFailure.self) {
                _ = try await WebSocketClient.connect(to: "ws://\(listener.address)/", configuration)
            }
            #expect("\(try #require(error))" == "cannot connect to \(listener.address): connectLimit ran out")
            for filler in fillers { filler.leave() }
        }

        @Test("handshakeLimit of a client whose server says nothing")
        func silentServer() async throws {
            let listener = try RawListener()
            var configuration = ClientConfiguration()
            configuration.limits.handshakeLimit = .milliseconds(60)
            let error = await #expect(throws: ConnectFailure.self) {
                _ = try await WebSocketClient.connect(to: "ws://\(listener.address)/", configuration)
            }
            #expect("\(try #require(error))" == "the opening handshake was not completed: handshakeLimit ran out")
        }
    }
}
