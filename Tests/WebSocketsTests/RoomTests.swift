import Logging
import Sockets
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("Room for connections and for what they hold")
    struct RoomTests {
        @Test("peers that only connect make way, after a second, for one that opens", arguments: [0, 20])
        func unopened(bytes: Int) async throws {
            try await TestServer.with {
                $0.maximumConnections = 3
            } _: { server in
                let open = try await RawPeer.open(server.address)
                var idlers: [RawPeer] = []
                // As many as there is room for beyond the maximum, and more, which wait to be accepted.
                for _ in 0..<100 {
                    let peer = try RawPeer(to: server.address)
                    try await peer.send(Array(RawPeer.request().prefix(bytes)))
                    idlers.append(peer)
                }
                let late = try await RawPeer.open(server.address)
                for peer in [open, late] {
                    try await peer.send(RawPeer.frame(0x81, [0x61]))
                    #expect(try await peer.frame().text == "a")
                }
                #expect(server.outcomes.count > 0)
                #expect(server.outcomes.all.allSatisfy { $0 == CloseOutcome(.limit(.connections)) })
                for peer in idlers { peer.reset() }
            }
        }

        @Test("open connections do not make way: the next one is told")
        func full() async throws {
            try await TestServer.with {
                $0.maximumConnections = 2
            } _: { server in
                let peers = [try await RawPeer.open(server.address), try await RawPeer.open(server.address)]
                let late = try RawPeer(to: server.address)
                try await late.send(RawPeer.request())
                #expect(try await late.head().hasPrefix("HTTP/1.1 503 "))
                late.leave()
                let outcome = try await server.outcome()
                #expect(outcome == CloseOutcome(.handshakeFailure(status: 503, .connections)))
                #expect(outcome.limit == .connections)
                for peer in peers {
                    try await peer.send(RawPeer.frame(0x81, [0x61]))
                    #expect(try await peer.frame().text == "a")
                }
            }
        }

        @Test("maximumBufferedBytes: the connection that holds most is told 1013, the others go on")
        func input() async throws {
            try await TestServer.with {
                $0.maximumBufferedBytes = 1 << 20
            } _: { server in
                // Unfinished messages of 60, 200 and 900 KB do not fit together. Buffers double, so that none but the last
                // can hold most at any moment.
                var peers: [RawPeer] = []
                for kilobytes in [60, 200, 900] {
                    let peer = try await RawPeer.open(server.address)
                    try await peer.send(RawPeer.frame(0x02, pattern(kilobytes * 1000)))
                    peers.append(peer)
                }
                #expect(try await peers[2].frame().closeCode == 1013)
                #expect(await peers[2].readToEnd() == .fin)
                peers[2].leave()
                let outcome = try await server.outcome()
                #expect(outcome == CloseOutcome(.limit(.buffered), code: .tryAgainLater))
                // What it held is free again, and the others' messages are whole.
                for (peer, kilobytes) in zip(peers, [60, 200]) {
                    try await peer.send(RawPeer.frame(0x80, [0x61]), reading: true)
                    #expect(try await peer.frame().payload == pattern(kilobytes * 1000) + [0x61])
                }
                #expect(server.outcomes.count == 1)
            }
        }

        @Test("maximumBufferedBytes: output that nobody reads counts too")
        func output() async throws {
            try await TestServer.with {
                $0.maximumBufferedBytes = 1 << 20
                $0.limits.sendBufferBytes = 8 << 20
                $0.limits.pingInterval = nil
            } handler: { _ in
                PushHandler(messageBytes: 60_000, every: .milliseconds(1))
            } _: { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 4096)
                #expect(try await server.outcome().cause == .limit(.buffered))
                #expect(await peer.readToEnd() == .reset)
            }
        }

        @Test("maximumBufferedBytes: heads that never end")
        func heads() async throws {
            try await TestServer.with {
                $0.maximumBufferedBytes = 1 << 16
            } _: { server in
                var peers: [RawPeer] = []
                for _ in 0..<20 {
                    let peer = try RawPeer(to: server.address)
                    try await peer.send(Array("GET / HTTP/1.1\r\nX: ".utf8) + letters(8000))
                    peers.append(peer)
                }
                // Two at most, for each has to be held in 16 KiB.
                #expect(await eventually { server.outcomes.count >= 12 })
                #expect(server.outcomes.all.allSatisfy { $0.cause == .limit(.buffered) })
                _ = try await RawPeer.open(server.address)
            }
        }

        @Test("maximumBufferedBytes: messages that a task has not received, and nothing once it has")
        func mailbox() async throws {
            let gate = Gate()
            try await TestServer.serving(configure: { $0.maximumBufferedBytes = 1 << 20 }) { connection, _ in
                await gate.opened()
                while let message = await connection.receive() { try connection.send(message) }
            } _: { server in
                let small = try await RawPeer.open(server.address)
                try await small.send(RawPeer.frame(0x82, pattern(200_000)))
                let large = try await RawPeer.open(server.address)
                // Sent whole, so that no buffer but the task's own holds them.
                try await large.send(RawPeer.frame(0x82, pattern(450_000)))
                let largest = try await RawPeer.open(server.address)
                try await largest.send(RawPeer.frame(0x82, pattern(500_000)))
                // Given up in the middle of its message, it is told so with a Close and waited for.
                largest.shutdownWriting()
                #expect(try await server.outcome().cause == .limit(.buffered))
                gate.open()
                #expect(try await small.frame().payload == pattern(200_000))
                // Many times the limit, one after another.
                for _ in 0..<30 {
                    try await small.send(RawPeer.frame(0x82, pattern(200_000)), reading: true)
                    #expect(try await small.frame().payload.count == 200_000)
                }
                #expect(server.outcomes.all.count { $0.cause == .limit(.buffered) } == 1)
            }
        }

        @Test("maximumBufferedBytes: small messages, each read whole, that a task has not received")
        func smallMessages() async throws {
            let gate = Gate()
            try await TestServer.serving(configure: { $0.maximumBufferedBytes = 1 << 20 }) { connection, _ in
                await gate.opened()
                while await connection.receive() != nil {}
            } _: { server in
                var peers: [RawPeer] = []
                // Sixteen times 100 KB, which is more than there is room for.
                for _ in 0..<16 {
                    let peer = try await RawPeer.open(server.address)
                    for _ in 0..<10 {
                        try await peer.send(RawPeer.frame(0x82, pattern(10_000)))
                        // Answered when what came before it has been read.
                        try await peer.send(RawPeer.frame(0x89, [0x61]))
                        if try await peer.frameOrEnd()?.first != 0x8A { break }
                    }
                    peers.append(peer)
                }
                #expect(try await server.outcome().cause == .limit(.buffered))
                gate.open()
            }
        }

        @Test("a connection that is given up during its own handshake does not open")
        func handshakeGivenUp() async throws {
            let connections = Collected<Connection>()
            let lateOpened = Collected<Bool>()
            try await TestServer.with {
                $0.maximumBufferedBytes = 20_000
                $0.limits.sendBufferBytes = 8 << 20
                // What it sends to others needs more memory than there is beside the late one's head.
                $0.refusal = { head in
                    guard head.path == "/late" else { return nil }
                    for connection in connections.all { connection.send(.binary, pattern(8000).span.bytes) }
                    return nil
                }
            } handler: { upgrade in
                let handler = ClosureHandler()
                handler.onOpen = { connection in
                    if upgrade.request.path == "/late" {
                        lateOpened.append(true)
                    } else {
                        connections.append(connection)
                    }
                }
                return handler
            } _: { server in
                let reader = try await RawPeer.open(server.address, receiveBuffer: 4096)
                #expect(await eventually { connections.count == 1 })
                let open = try #require(connections.all.first)
                // Fills what the kernel takes, and leaves our own backlog empty.
                await open.loop.run {
                    let bytes = [UInt8](repeating: 0x82, count: 1024)
                    while case .bytes(bytes.count) = bytes.withUnsafeBytes({ open.send($0) }) {}
                }
                let late = try RawPeer(to: server.address)
                let request = RawPeer.request("/late", ["X: " + String(repeating: "a", count: 14_000)])
                try await late.send(request.dropLast(2))
                #expect(
                    await eventually {
                        await open.loop.run {
                            open.loop.channels.contains { ($0 as? Connection)?.accountedBytes ?? 0 > 14_000 }
                        }
                    })
                try await late.send(Array(request.suffix(2)))
                #expect(try await server.outcome().cause == .limit(.buffered))
                #expect(await late.readToEnd() == .reset)
                #expect(lateOpened.count == 0)
                #expect(await server.server.connectionCount == 1)
                #expect(server.outcomes.count == 1)
                reader.reset()
            }
        }

        @Test("as many connections as a number can name")
        func unlimited() async throws {
            try await TestServer.with(configure: { $0.maximumConnections = .max }) { server in
                _ = try await RawPeer.open(server.address)
            }
        }

        @Test("the log names each limit at once and counts the rest")
        func log() async throws {
            let lines = Collected<String>()
            var configuration = ServerConfiguration()
            configuration.limits.messages = MessageLimits(maximumFrameBytes: 10, maximumMessageBytes: 10)
            configuration.limits.handshake = HandshakeLimits(maximumHeadBytes: 1000)
            let server = try await WebSocketServer.start(
                configuration, logger: Logger(label: "test") { _ in CollectingLog(lines: lines) }
            ) { _ in EchoHandler() }
            for _ in 0..<3 {
                let peer = try await RawPeer.open(server.address)
                try await peer.send(RawPeer.frame(0x82, pattern(11)))
                #expect(try await peer.frame().closeCode == 1009)
                peer.leave()
            }
            let endless = try RawPeer(to: server.address)
            try await endless.send(letters(1001))
            #expect(try await endless.head().hasPrefix("HTTP/1.1 431 "))
            endless.leave()
            #expect(await eventually { lines.all.count { $0.hasPrefix("debug connection ended: ") } == 4 })
            await server.shutdown()
            let notices = lines.all.filter { $0.hasPrefix("notice") }
            #expect(
                notices == [
                    "notice a limit has ended a connection maximumFrameBytes",
                    "notice a limit has ended a connection maximumHeadBytes",
                    "notice a limit has ended 2 more connections maximumFrameBytes",
                ])
        }
    }
}

/// A gate that many can wait for.
private final class Gate: Sendable {
    private let isOpen = Collected<Bool>()

    func open() { isOpen.append(true) }

    nonisolated(nonsending) func opened() async {
        for _ in 0..<1_000_000 where isOpen.count == 0 { try? await Task.sleep(for: .milliseconds(1)) }
    }
}

/// Collects `level message limit`.
private struct CollectingLog: LogHandler {
    let lines: Collected<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.level) \(event.message) \(event.metadata?["limit"].map { "\($0)" } ?? "")")
    }
}
