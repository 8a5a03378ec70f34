import Glibc
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("Faults below the WebSocket layer")
    struct FaultTests {
        /// Sends messages and reads their echoes one by one; how many came back before the end.
        private func echoes(_ peer: RawPeer, atMost limit: Int = 60) async throws -> Int {
            for index in 0..<limit {
                try await peer.send(RawPeer.frame(0x81, Array("\(index)".utf8)))
                guard let echo = try await peer.frameOrEnd() else { return index }
                #expect(echo.text == "\(index)")
            }
            return limit
        }

        // MARK: The server fails

        @Test("drop: the messages before it, a FIN, and no Close")
        func serverDrops() async throws {
            try await TestServer.with {
                $0.faults = FaultPlan(failEvery: 50, failure: .drop)
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await echoes(peer) == 49)
                #expect(peer.end == .fin)
                #expect(peer.received.isEmpty)
                peer.leave()
                #expect(try await server.outcome() == CloseOutcome(.endOfStream))
            }
        }

        @Test("reset: the messages before it, and a reset")
        func serverResets() async throws {
            try await TestServer.with {
                $0.faults = FaultPlan(failEvery: 50, failure: .reset)
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await echoes(peer) == 49)
                #expect(peer.end == .reset)
                guard case .broken = try await server.outcome().cause else {
                    Issue.record("\(try await server.outcome())")
                    return
                }
            }
        }

        @Test("timeout: TCP stays up, nothing passes, and the limit ends it")
        func serverFallsSilent() async throws {
            try await TestServer.with {
                $0.faults = FaultPlan(failEvery: 3, failure: .timeout)
                $0.limits.closeLimit = .milliseconds(50)
                $0.limits.pingInterval = .seconds(2)
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                for text in ["a", "b"] {
                    try await peer.send(RawPeer.frame(0x81, Array(text.utf8)))
                    #expect(try await peer.frame().text == text)
                }
                try await peer.send(RawPeer.frame(0x81, [0x63]))
                // A Ping and a Close would be answered, were they to arrive.
                try await peer.send(RawPeer.frame(0x89, [0x64]))
                try await peer.send(RawPeer.close(1000))
                peer.read()
                #expect(peer.end == .open)
                #expect(server.outcomes.count == 0)
                #expect(await peer.readToEnd() != .open)
                #expect(peer.received.isEmpty)
                #expect(try await server.outcome().limit == .pong)
            }
        }

        @Test("timeout: a peer that resets ends it, and nothing spins until then")
        func silentAndReset() async throws {
            let connections = Collected<Connection>()
            try await TestServer.with {
                $0.faults = FaultPlan(failEvery: 1, failure: .timeout)
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connections.append($0) }
                handler.onMessage = { connection, kind, bytes in connection.send(kind, bytes) }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                try await peer.send(RawPeer.frame(0x81, [0x61]))
                let connection = try #require(connections.all.first)
                let loop = connection.loop
                #expect(await eventually { await loop.run { connection.injectedFailure } == .timeout })
                #expect(await loop.run { connection.isOpen && connection.send("lost") == .accepted })
                peer.shutdownWriting()
                #expect(await loop.processorTime(over: .milliseconds(200)) < .milliseconds(50))
                #expect(server.outcomes.count == 0)
                peer.reset()
                guard case .broken = try await server.outcome().cause else {
                    Issue.record("\(try await server.outcome())")
                    return
                }
            }
        }

        @Test("what was sent before a failure arrives, however slowly it is read")
        func backlogFirst() async throws {
            let payload = pattern(200_000)
            try await TestServer.with {
                $0.faults = FaultPlan(failEvery: 5, failure: .drop)
                $0.limits.sendBufferBytes = 8 << 20
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connection in
                    for _ in 0..<8 { connection.send(.binary, payload.span.bytes) }
                }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 64 << 10)
                for _ in 0..<4 { #expect(try await peer.frame().payload == payload) }
                #expect(try await peer.frameOrEnd() == nil)
                #expect(peer.end == .fin)
            }
        }

        // MARK: The client fails

        @Test("a client's failure", arguments: FaultPlan.Failure.allCases)
        func client(failure: FaultPlan.Failure) async throws {
            let received = Collected<String>()
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onMessage = { received.append($2.text) }
                return handler
            }) { server in
                var configuration = ClientConfiguration()
                configuration.faults = FaultPlan(failEvery: 2, failure: failure)
                configuration.limits.pingInterval = .milliseconds(failure == .timeout ? 100 : 60_000)
                configuration.limits.closeLimit = .milliseconds(failure == .timeout ? 50 : 60_000)
                let client = try await WebSocketClient.connect(to: server.server.url, configuration)
                try await client.send("first")
                try await client.send("second")
                let outcome = try await client.closed()
                let seen = try await server.outcome()
                switch failure {
                case .timeout: #expect(outcome.limit == .pong)
                case .drop:
                    #expect(outcome == CloseOutcome(.endOfStream))
                    #expect(seen == CloseOutcome(.endOfStream))
                case .reset:
                    #expect(outcome == CloseOutcome(.broken(SystemCallError(.recv, errno: ECONNRESET))))
                    guard case .broken = seen.cause else {
                        Issue.record("\(seen)")
                        return
                    }
                }
                #expect(received.all == ["first"])
            }
        }

        @Test("a fragmented message counts once, and its failure takes all of it")
        func fragments() async throws {
            try await TestServer.with {
                $0.faults = FaultPlan(failEvery: 2, failure: .drop)
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connection in
                    for letter in [UInt8(ascii: "a"), UInt8(ascii: "b")] {
                        connection.sendFragment(.text, isFinal: false, [letter].span.bytes)
                        connection.sendFragment(.continuation, isFinal: true, [letter].span.bytes)
                    }
                }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame() == RawFrame(first: 0x01, payload: [0x61]))
                #expect(try await peer.frame() == RawFrame(first: 0x80, payload: [0x61]))
                #expect(try await peer.frameOrEnd() == nil)
                #expect(peer.end == .fin)
            }
        }

        // MARK: Delay

        @Test("a delay delays, the opening handshake and the Close too, and keeps the order")
        func delay() async throws {
            let delay = Duration.milliseconds(60)
            try await TestServer.with {
                $0.faults = FaultPlan(delay: delay)
            } _: { server in
                let start = MonotonicTime.now
                let peer = try await RawPeer.open(server.address)
                #expect(start.elapsed >= delay)
                let sent = MonotonicTime.now
                for index in 0..<200 { try await peer.send(RawPeer.frame(0x81, Array("\(index)".utf8))) }
                for index in 0..<200 {
                    #expect(try await peer.frame().text == "\(index)")
                    if index == 0 { #expect(sent.elapsed >= delay) }
                }
                let closing = MonotonicTime.now
                try await peer.send(RawPeer.close(1000))
                #expect(try await peer.frame().closeCode == 1000)
                #expect(closing.elapsed >= delay)
                #expect(await peer.readToEnd() == .fin)
                peer.leave()
                #expect(try await server.outcome() == CloseOutcome(.peerClosed, code: .normalClosure))
            }
        }

        @Test("a refusal is delayed, too, and ends in good order")
        func delayedRefusal() async throws {
            let delay = Duration.milliseconds(60)
            try await TestServer.with {
                $0.faults = FaultPlan(delay: delay)
            } _: { server in
                let peer = try RawPeer(to: server.address)
                let start = MonotonicTime.now
                try await peer.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
                #expect(try await peer.head().hasPrefix("HTTP/1.1 "))
                #expect(start.elapsed >= delay)
                #expect(await peer.readToEnd() == .fin)
            }
        }

        @Test("a failure takes its place behind what is delayed")
        func delayedFailure() async throws {
            try await TestServer.with {
                $0.faults = FaultPlan(delay: .milliseconds(30), failEvery: 50, failure: .reset)
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                // At once: whoever sends after the reset cannot.
                try await peer.send((0..<60).flatMap { RawPeer.frame(0x81, Array("\($0)".utf8)) })
                for index in 0..<49 { #expect(try await peer.frame().text == "\(index)") }
                #expect(await peer.readToEnd() == .reset)
            }
        }

        @Test("delayed bytes count against sendBufferBytes")
        func delayedBytesAreLimited() async throws {
            let outcomes = Collected<SendOutcome>()
            try await TestServer.with {
                $0.faults = FaultPlan(delay: .seconds(30))
                $0.limits.sendBufferBytes = 4000
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connection in
                    for _ in 0..<10 {
                        outcomes.append(connection.send(.binary, pattern(1500).span.bytes))
                    }
                    connection.closeNow()
                }
                return handler
            } _: { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(RawPeer.request())
                #expect(await peer.readToEnd() == .reset)
                #expect(outcomes.all.first == .accepted)
                #expect(outcomes.all.last == .bufferFull)
            }
        }
    }
}
