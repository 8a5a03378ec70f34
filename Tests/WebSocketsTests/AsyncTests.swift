import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("Connections for async code")
    struct AsyncTests {
        private struct Mishap: Error {}

        @Test("an echo loop, isolated to its connection, on the loop's thread throughout")
        func echo() async throws {
            let strays = Collected<Bool>()
            let ended = Collected<CloseOutcome?>()
            try await TestServer.serving({ connection, _ in
                while let message = await connection.receive() {
                    if !connection.loop.isCurrent { strays.append(true) }
                    try connection.send(message)
                }
                ended.append(connection.outcome)
            }) { server in
                let clients = [
                    try await WebSocketClient.connect(to: server.server.url),
                    try await WebSocketClient.connect(to: server.server.url),
                ]
                for index in 0..<200 {
                    for client in clients { try await client.send("\(index)") }
                    for client in clients { #expect(await client.receive()?.text == "\(index)") }
                }
                for client in clients {
                    await client.close(reason: "bye")
                    #expect(await client.receive() == nil)
                    #expect(await client.outcome == CloseOutcome(.locallyClosed, code: .normalClosure))
                }
                #expect(await eventually { ended.count == 2 })
                #expect(ended.all.allSatisfy { $0 == CloseOutcome(.peerClosed, code: .normalClosure, reason: "bye") })
                #expect(strays.count == 0)
            }
        }

        @Test("messages that came before the end are received after it, then nil, and nil again")
        func receiveAfterEnd() async throws {
            try await TestServer.serving({ connection, _ in
                for index in 0..<10 { try connection.send("\(index)") }
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                #expect(try await client.closed() == CloseOutcome(.peerClosed, code: .normalClosure))
                for index in 0..<10 { #expect(await client.receive()?.text == "\(index)") }
                #expect(await client.receive() == nil)
                #expect(await client.receive() == nil)
            }
        }

        @Test("after the end nothing is sent and nothing waited for")
        func afterEnd() async throws {
            try await TestServer.serving({ connection, _ in _ = await connection.receive() }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                await client.closeNow()
                await #expect(throws: SendFailure.closed) { try await client.send("late") }
                await #expect(throws: SendFailure.closed) { try await client.send([1]) }
                await #expect(throws: SendFailure.closed) { try await client.ping() }
                try await client.drained()
                #expect(await client.close() == CloseOutcome(.aborted))
                #expect(await client.peerAddress == nil)
            }
        }

        @Test("drained() after the end of a connection whose buffer was full")
        func drainedAfterEnd() async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { $0.pause() }
                return handler
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                try await client.fill()
                let waiting = Task { try await client.drained() }
                await client.closeNow()
                try await waiting.value
                try await client.drained()
            }
        }

        @Test("a body that throws: 1011; one that returns: 1000", arguments: [true, false])
        func bodyEnds(throws: Bool) async throws {
            try await TestServer.serving({ _, _ in if `throws` { throw Mishap() } }) { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame().closeCode == (`throws` ? 1011 : 1000))
                try await peer.send(RawPeer.close(1000))
                #expect(await peer.readToEnd() == .fin)
            }
        }

        @Test("the task is cancelled when the connection ends")
        func cancelled() async throws {
            let cancelled = Collected<Bool>()
            try await TestServer.serving({ connection, _ in
                for _ in 0..<1_000_000 where !Task.isCancelled { await connection.loop.sleep(for: .milliseconds(1)) }
                cancelled.append(Task.isCancelled)
            }) { server in
                let peer = try await RawPeer.open(server.address)
                peer.reset()
                #expect(await eventually { cancelled.all == [true] })
            }
        }

        @Test("a slow receiver holds its peer back, and loses nothing")
        func slowReceiver() async throws {
            let gate = Collected<Bool>()
            let received = Collected<Int>()
            let connections = Collected<AsyncConnection>()
            try await TestServer.serving({ connection, _ in
                connections.append(connection)
                for _ in 0..<1_000_000 where gate.count == 0 { await connection.loop.sleep(for: .milliseconds(1)) }
                while let message = await connection.receive() {
                    received.append(Int(String(decoding: message.bytes.prefix { $0 != 0 }, as: UTF8.self))!)
                }
            }) { server in
                let peer = try await RawPeer.open(server.address)
                var sent = 0
                var rest: ArraySlice<UInt8> = []
                var lastTaken = MonotonicTime.now
                while lastTaken.elapsed < .milliseconds(300) && sent < 40_000 {
                    if rest.isEmpty {
                        rest = RawPeer.frame(0x82, Array("\(sent)".utf8) + [UInt8](repeating: 0, count: 4000))[...]
                        sent += 1
                    }
                    let count = peer.sendNow(rest)
                    rest = rest.dropFirst(count)
                    if count > 0 { lastTaken = .now } else { try await Task.sleep(for: .milliseconds(1)) }
                }
                #expect(sent < 40_000, "nothing held the peer back")
                gate.append(true)
                try await peer.send(Array(rest))
                let count = sent
                #expect(await eventually { received.count == count })
                #expect(received.all == Array(0..<count))
            }
        }

        @Test("a full mailbox does not keep the peer's Close away", arguments: [true, false])
        func closeWithFullMailbox(weClose: Bool) async throws {
            try await TestServer.serving(configure: {
                if weClose { $0.limits.closeLimit = .seconds(120) }
            }) { connection, _ in
                // Nobody receives.
                if weClose {
                    for _ in 0..<10_000 {
                        if await connection.receive()?.text == "go" { break }
                    }
                    await connection.close()
                } else {
                    _ = try await connection.closed()
                }
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                let flood = (0..<500).flatMap { _ in RawPeer.frame(0x81, [0x61]) }
                try await peer.send(RawPeer.frame(0x81, Array("go".utf8)) + flood)
                if weClose { #expect(try await peer.frame().closeCode == 1000) }
                try await peer.send(flood + RawPeer.close(1000))
                if weClose {
                    #expect(await peer.readToEnd() == .fin)
                    #expect(try await server.outcome() == CloseOutcome(.locallyClosed, code: .normalClosure))
                }
            }
        }

        @Test("a receiver that never quite catches up leaves no trail")
        func mailboxTrail() async throws {
            let loop = try EventLoop()
            defer { loop.stop() }
            let tokens = await loop.run { () -> [Int] in
                let connection = Connection(
                    loop: loop, role: .server, limits: SharedLimits(ConnectionLimits()),
                    opening: NeverOpening())
                let mailbox = Mailbox()
                let payload = pattern(100)
                mailbox.received(.binary, payload.span.bytes, on: connection)
                var capacities: [Int] = []
                for round in 0..<10_000 {
                    mailbox.received(.binary, payload.span.bytes, on: connection)
                    guard case .message = mailbox.next(of: connection) else { preconditionFailure("it is there") }
                    if round % 1000 == 0 { capacities.append(mailbox.keptCount) }
                }
                return capacities
            }
            #expect(tokens.allSatisfy { $0 <= Mailbox.maximumMessages + 1 })
        }
    }
}
