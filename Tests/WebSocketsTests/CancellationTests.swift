import Sockets
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    /// A task that waits for a connection and is cancelled is told so once, and takes nothing away from others.
    @Suite("Cancellation")
    struct CancellationTests {
        /// Peers that neither read nor send.
        private static func withSilentServer(_ body: (AsyncConnection) async throws -> Void) async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { $0.pause() }
                return handler
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                try await body(client)
                await client.closeNow()
            }
        }

        /// What became of a wait that was cancelled: nil where it did not end.
        private func ending<Value: Sendable>(_ task: Task<Value, Never>) async -> Value? {
            let ended = Collected<Value>()
            Task { ended.append(await task.value) }
            guard await eventually({ ended.count == 1 }) else { return nil }
            return ended.all[0]
        }

        @Test("each wait ends, before it has begun and after, and the connection lives on", arguments: 0..<6)
        func each(turns: Int) async throws {
            try await Self.withSilentServer { client in
                try await client.fill()
                let waits: [Task<Bool, Never>] = [
                    Task { await client.receive() == nil },
                    Task {
                        do { try await client.drained() } catch { return true }; return false
                    },
                    Task {
                        do { _ = try await client.closed() } catch { return true }; return false
                    },
                ]
                for _ in 0..<turns { await client.loop.run {} }
                for wait in waits { wait.cancel() }
                for wait in waits { #expect(await ending(wait) == true) }
                #expect(await client.outcome == nil)
            }
        }

        @Test("a round trip ends, and its Pong is not taken for a later one's", arguments: 0..<6)
        func roundTrip(turns: Int) async throws {
            try await Self.withSilentServer { client in
                let wait = Task { try? await client.roundTrip([1]) }
                for _ in 0..<turns { await client.loop.run {} }
                wait.cancel()
                #expect(await ending(wait) == .some(nil))
                #expect(await client.outcome == nil)
            }
            // With a peer that answers, another follows.
            try await TestServer.serving({ connection, _ in _ = await connection.receive() }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                let receiving = Task { await client.receive() }
                let wait = Task { try? await client.roundTrip([1]) }
                wait.cancel()
                _ = await wait.value
                #expect(try await client.roundTrip([1]) != nil)
                #expect(try await client.roundTrip([2]) != nil)
                await client.close()
                #expect(await receiving.value == nil)
            }
        }

        @Test("close() in a cancelled task still waits for the end")
        func close() async throws {
            try await TestServer.serving({ connection, _ in _ = await connection.receive() }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                let closing = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await client.close()
                }
                #expect(await closing.value == CloseOutcome(.locallyClosed, code: .normalClosure))
            }
        }

        @Test("what need not be waited for is had by a cancelled task as well")
        func had() async throws {
            try await TestServer.serving({ connection, _ in
                for index in 0..<3 { try connection.send("\(index)") }
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                let outcome = try await client.closed()
                let late = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    var texts: [String] = []
                    while let message = await client.receive() { texts.append(message.text) }
                    let ended = try await client.closed()
                    try await client.drained()
                    return (texts, ended)
                }
                let (texts, ended) = try await late.value
                #expect(texts == ["0", "1", "2"] && ended == outcome)
            }
        }

        @Test("a server's body whose connection ends is told of the end, not of its cancellation")
        func served() async throws {
            let ends = Collected<CloseOutcome?>()
            try await TestServer.serving({ connection, _ in ends.append(try? await connection.closed()) }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                await client.close(reason: "bye")
                #expect(await eventually { ends.count == 1 })
                #expect(ends.all == [CloseOutcome(.peerClosed, code: .normalClosure, reason: "bye")])
            }
        }

        @Test("no message is lost to a receiver that is cancelled while it arrives, and none comes twice")
        func race() async throws {
            let count = 2000
            try await TestServer.serving({ connection, _ in
                for index in 0..<count {
                    // One at a time, so that there is mostly nothing to take.
                    guard await connection.receive() != nil else { return }
                    try connection.send("\(index)")
                }
                _ = await connection.receive()
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                var received: [String] = []
                var cancelled = 0
                for index in 0..<count {
                    try await client.send("go")
                    let receiving = Task { await client.receive() }
                    for _ in 0..<index % 7 { await Task.yield() }
                    receiving.cancel()
                    if let message = await receiving.value {
                        received.append(message.text)
                    } else {
                        cancelled += 1
                        received.append(try #require(await client.receive()).text)
                    }
                }
                #expect(received == (0..<count).map(String.init))
                #expect(cancelled > 0, "nothing was cancelled in time")
                await client.close()
            }
        }

        @Test("waits that are cancelled while the connection ends are resumed once")
        func endRace() async throws {
            for round in 0..<200 {
                try await Self.withSilentServer { client in
                    try await client.fill()
                    let waits: [Task<Void, Never>] = [
                        Task { _ = await client.receive() }, Task { try? await client.drained() },
                        Task { _ = try? await client.closed() }, Task { _ = try? await client.roundTrip([1]) },
                    ]
                    let end = Task { await client.closeNow() }
                    for _ in 0..<round % 5 { await Task.yield() }
                    for wait in waits { wait.cancel() }
                    for wait in waits { await wait.value }
                    await end.value
                }
            }
        }

        @Test("Pings that nobody waits for any more take a bounded number of places")
        func places() async {
            var waiters = PongWaiters()
            for ticket in 0..<1000 {
                let isAnswered = await withUnsafeContinuation { continuation in
                    waiters.add([1], continuation, Mailbox.Ticket(ticket))
                    waiters.cancel(Mailbox.Ticket(ticket))?.resume(returning: .success(false))
                }
                #expect((try? isAnswered.get()) == false)
            }
            #expect(waiters.count == PongWaiters.mostCancelled)
            #expect(waiters.answered(by: [2]).isEmpty && waiters.answered(by: [1]).isEmpty)
            #expect(waiters.count == PongWaiters.mostCancelled - 1)
            #expect(waiters.all().isEmpty && waiters.count == 0)
        }
    }
}
