import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("The closing handshake, failures and the end of the stream")
    struct ClosingTests {
        @Test("the peer closes", arguments: [(1000, ""), (3000, "ünïcode")])
        func peerCloses(code: Int, reason: String) async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                try await peer.send(RawPeer.close(code, reason))
                #expect(try await peer.frame().closeCode == code)
                #expect(await peer.readToEnd() == .fin)
                let outcome = try await server.outcome()
                #expect(outcome == CloseOutcome(.peerClosed, code: CloseCode(rawValue: UInt16(code)), reason: reason))
            }
        }

        @Test("the peer closes without a code: 1005, and the answer has none")
        func noCode() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                try await peer.send(RawPeer.frame(0x88))
                #expect(try await peer.frame() == RawFrame(first: 0x88, payload: []))
                #expect(await peer.readToEnd() == .fin)
                #expect(try await server.outcome() == CloseOutcome(.peerClosed, code: .noStatusReceived))
            }
        }

        @Test("we close, and both ends agree", arguments: [(1000, "done"), (4001, "")] as [(UInt16, String)])
        func weClose(code: UInt16, reason: String) async throws {
            let code = CloseCode(rawValue: code)
            try await TestServer.serving({ connection, _ in
                while let message = await connection.receive() { try connection.send(message) }
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                #expect(await client.close(code, reason: reason) == CloseOutcome(.locallyClosed, code: code))
                #expect(try await server.outcome() == CloseOutcome(.peerClosed, code: code, reason: reason))
            }
        }

        @Test("we leave without a Close frame: with a FIN, or with a reset")
        func weLeave() async throws {
            try await TestServer.serving({ connection, _ in
                while await connection.receive() != nil {}
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                try await client.send("what was sent before is not lost")
                await client.closeStream()
                #expect(try await server.outcome() == CloseOutcome(.endOfStream))
                #expect(try await client.closed() == CloseOutcome(.aborted))
            }
        }

        @Test("one that vanishes answers no Ping, and nothing else")
        func vanishes() async throws {
            try await TestServer.serving(
                configure: {
                    $0.limits.pingInterval = .milliseconds(200)
                    $0.limits.closeLimit = .milliseconds(20)
                },
                { connection, _ in while await connection.receive() != nil {} }
            ) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                await client.vanish()
                #expect(try await server.outcome().cause == .limit(.pong))
                await client.closeNow()
                _ = try await client.closed()
            }
        }

        @Test("a code that may not be sent is left out", arguments: [1005, 5000] as [UInt16])
        func unsendableCode(code: UInt16) async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { $0.close(CloseCode(rawValue: code), reason: "x") }
                return handler
            }) { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame() == RawFrame(first: 0x88, payload: []))
                try await peer.send(RawPeer.frame(0x88))
                #expect(await peer.readToEnd() == .fin)
                #expect(try await server.outcome().isClean)
            }
        }

        @Test(
            "a broken rule: its code on the wire, then the end",
            arguments: [
                ("reserved bit", RawPeer.frame(0xC1, [0x61]), 1002), ("bad text", RawPeer.frame(0x81, [0xFF]), 1007),
                ("too big in parts", RawPeer.frame(0x02, pattern(3000)) + RawPeer.frame(0x80, pattern(3000)), 1009),
            ])
        func failures(name: String, bytes: [UInt8], code: Int) async throws {
            try await TestServer.with {
                $0.limits.messages = MessageLimits(maximumFrameBytes: 4096, maximumMessageBytes: 4096)
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                // What follows the breach must neither be answered nor turn the Close into a reset.
                try await peer.send(bytes + RawPeer.frame(0x81, [0x61]) + pattern(10_000))
                #expect(try await peer.frame().closeCode == code, "\(name)")
                #expect(await peer.readToEnd() == .fin && peer.received.isEmpty)
                peer.leave()
                let outcome = try await server.outcome()
                #expect(outcome.code.rawValue == UInt16(code))
                guard case .protocolFailure = outcome.cause else {
                    Issue.record("\(outcome)")
                    return
                }
            }
        }

        @Test("FIN without a Close frame", arguments: [0, 1, 2])
        func fin(stage: Int) async throws {
            try await TestServer.with { server in
                let peer = stage == 0 ? try RawPeer(to: server.address) : try await RawPeer.open(server.address)
                if stage == 2 { try await peer.send(Array(RawPeer.frame(0x82, pattern(100)).prefix(50))) }
                peer.shutdownWriting()
                #expect(try await server.outcome() == CloseOutcome(.endOfStream))
                #expect(await peer.readToEnd() == .fin)
            }
        }

        @Test("reset", arguments: [true, false])
        func reset(isOpen: Bool) async throws {
            try await TestServer.with { server in
                let peer = isOpen ? try await RawPeer.open(server.address) : try RawPeer(to: server.address)
                if !isOpen { #expect(await eventuallyCount(server, 1)) }
                peer.reset()
                let outcome = try await server.outcome()
                #expect(outcome == CloseOutcome(.broken(SystemCallError(.recv, errno: 104))))
            }
        }

        private func eventuallyCount(_ server: TestServer, _ count: Int) async -> Bool {
            for _ in 0..<100_000 {
                if await server.server.connectionCount == count { return true }
                try? await Task.sleep(for: .milliseconds(1))
            }
            return false
        }

        @Test("a peer that sends its Close and half-closes gets everything that is owed to it")
        func halfClosedAfterClose() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 65_536)
                var bytes: [UInt8] = []
                for index in 0..<40 { bytes += RawPeer.frame(0x82, pattern(100_000 + index)) }
                var rest = (bytes + RawPeer.close(1000))[...]
                var count = 0
                // The end of the stream is known to the server long before its answers are taken.
                let isSent = await eventually {
                    rest = rest.dropFirst(peer.sendNow(rest))
                    peer.read(atMost: 16_384)
                    return rest.isEmpty
                }
                #expect(isSent)
                peer.shutdownWriting()
                for index in 0..<40 {
                    if try await peer.frame().payload.count == 100_000 + index { count += 1 }
                }
                #expect(count == 40)
                #expect(try await peer.frame().closeCode == 1000)
                #expect(await peer.readToEnd() == .fin)
            }
        }

        @Test("what one connection gathered and could not send never reaches another")
        func noCrossTalk() async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onMessage = { connection, _, bytes in
                    connection.send(bytes.text)
                    if bytes.text == "secret" { connection.closeNow() }
                }
                return handler
            }) { server in
                let first = try await RawPeer.open(server.address)
                let second = try await RawPeer.open(server.address)
                try await first.send(RawPeer.frame(0x81, Array("secret".utf8)))
                #expect(await first.readToEnd() == .reset && first.received.isEmpty)
                try await second.send(RawPeer.frame(0x81, Array("mine".utf8)))
                #expect(try await second.frame().text == "mine")
            }
        }

        @Test("who is told of another's end may send, and nothing of it is lost")
        func sendInClosed() async throws {
            let connections = Collected<Connection>()
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connections.append($0) }
                handler.onMessage = { connection, _, bytes in
                    // Every other connection first, so that the cork changes hands at each.
                    for other in connections.all where other !== connection { other.send(bytes.text) }
                }
                handler.onClose = { connection, _ in
                    for other in connections.all where other !== connection { other.send("left") }
                }
                return handler
            }) { server in
                let leaver = try await RawPeer.open(server.address)
                let others = [try await RawPeer.open(server.address), try await RawPeer.open(server.address)]
                try await others[0].send(RawPeer.frame(0x81, Array("hello".utf8)))
                #expect(try await leaver.frame().text == "hello")
                #expect(try await others[1].frame().text == "hello")
                leaver.reset()
                try await others[0].send(RawPeer.frame(0x81, Array("still here".utf8)))
                #expect(try await others[0].frame().text == "left")
                let texts = [try await others[1].frame().text, try await others[1].frame().text]
                #expect(Set(texts) == ["left", "still here"])
            }
        }

        @Test("closing from inside any callback", arguments: ["open", "message", "close"], [true, false])
        func insideCallbacks(place: String, isHard: Bool) async throws {
            let sends = Collected<SendOutcome>()
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                let act: (Connection) -> Void = { connection in
                    connection.send("last")
                    if isHard { connection.closeNow() } else { connection.close(.goingAway) }
                    connection.close()
                    connection.pause()
                    connection.resume()
                    sends.append(connection.send("too late"))
                    if isHard { connection.closeNow() }
                }
                handler.onOpen = { if place == "open" { act($0) } }
                handler.onMessage = { connection, _, _ in if place == "message" { act(connection) } }
                handler.onClose = { connection, _ in if place == "close" { act(connection) } }
                return handler
            }) { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(
                    RawPeer.request() + RawPeer.frame(0x81, [0x61]) + RawPeer.frame(0x81, [0x62]) + RawPeer.close(1000))
                if isHard && place != "close" {
                    #expect(await peer.readToEnd() == .reset)
                    #expect(try await server.outcome() == CloseOutcome(.aborted))
                } else {
                    _ = try await peer.head()
                    if place != "close" { #expect(try await peer.frame().text == "last") }
                    #expect(try await peer.frame().closeCode == (place == "close" ? 1000 : 1001))
                    #expect(await peer.readToEnd() == .fin)
                    #expect(try await server.outcome().isClean)
                }
                #expect(server.outcomes.count == 1)
                // The outcome is told before the handler is.
                #expect(await eventually { sends.count > 0 })
                #expect(sends.all.allSatisfy { $0 == .closed })
            }
        }
    }
}
