import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("A connection under test")
    struct ConnectionUnderTestTests {
        private func connect(
            _ server: TestServer, id: Int = 1, echoLimit: Duration = .seconds(60),
            _ configure: (inout ClientConfiguration) -> Void = { _ in }
        ) async throws -> ConnectionUnderTest {
            var configuration = ClientConfiguration()
            configure(&configuration)
            return try await .connect(
                to: server.server.url, id: id, configuration: configuration, echoLimit: echoLimit)
        }

        private func echoFailure(of send: () async throws(EchoFailure) -> Void) async -> EchoFailure? {
            do throws(EchoFailure) {
                try await send()
                return nil
            } catch {
                return error
            }
        }

        @Test("its states, what it sent, and echoes that are right")
        func life() async throws {
            try await TestServer.with { server in
                let connection = try ConnectionUnderTest(to: server.server.url, id: 7)
                #expect(await connection.state == .connecting)
                try await connection.connect()
                #expect(await connection.state == .connected)
                let before = MonotonicTime.now
                try await connection.send("hällo")
                try await connection.send(pattern(100_000))
                try await connection.send("")
                let sent = await connection.sent
                #expect(sent.map(\.payload.count) == [6, 100_000, 0])
                #expect(sent.map(\.payload.kind) == [.text, .binary, .text])
                #expect(sent.allSatisfy { $0.connectionID == 7 && $0.time >= before })
                #expect(sent[0].time <= sent[1].time && sent[1].time <= sent[2].time)
                #expect(await connection.echoesValidated == 3)
                #expect(await connection.sendFailures == 0)
                let outcome = await connection.close()
                #expect(outcome == CloseOutcome(.locallyClosed, code: .normalClosure))
                #expect(await connection.state == .closed)
                #expect(await connection.lastFailure == nil)
                let failure = await echoFailure { () async throws(EchoFailure) in try await connection.send("late") }
                guard case .connectionEnded(let end) = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
                #expect(end == outcome)
                #expect(await connection.sendFailures == 1)
            }
        }

        @Test("closing, while the peer has not answered")
        func closing() async throws {
            let held = Collected<Connection>()
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = {
                    held.append($0)
                    $0.pause()
                }
                return handler
            }) { server in
                let connection = try await connect(server)
                let closing = Task { await connection.close() }
                #expect(await eventually { await connection.state == .closing })
                let server = try #require(held.all.first)
                server.loop.execute { server.resume() }
                #expect(await closing.value?.cause == .locallyClosed)
            }
        }

        @Test("what never opened is closed, and sends nothing")
        func refused() async throws {
            try await TestServer.with {
                $0.refusal = { _ in HTTPResponse(status: 403, text: "no") }
            } _: { server in
                let connection = try ConnectionUnderTest(to: server.server.url, id: 1)
                await #expect(throws: ConnectFailure.self) { try await connection.connect() }
                #expect(await connection.state == .closed)
                #expect(await connection.close() == nil)
                await #expect(throws: EchoFailure.self) { try await connection.send("x") }
                #expect(await connection.sendFailures == 1)
            }
        }

        @Test("an echo that differs, in a byte, in length or in kind", arguments: ["hellO", "hell", "binary"])
        func mismatch(reply: String) async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onMessage = { connection, kind, bytes in
                    if bytes.text != "hello" {
                        connection.send(kind, bytes)
                    } else if reply == "binary" {
                        connection.send(.binary, bytes)
                    } else {
                        connection.send(reply)
                    }
                }
                return handler
            }) { server in
                let connection = try await connect(server)
                let failure = await echoFailure { () async throws(EchoFailure) in try await connection.send("hello") }
                guard case .echoMismatch(let expected, let received) = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
                #expect(expected.text == "hello")
                #expect(received.text == (reply == "binary" ? "hello" : reply))
                #expect(await connection.echoesValidated == 0)
                // The next is matched to its own echo.
                try await connection.send("more")
                #expect(await connection.echoesValidated == 1)
                #expect(await connection.sendFailures == 1)
                await connection.closeNow()
            }
        }

        @Test("an echo that comes too late is not taken for the next one's")
        func late() async throws {
            let held = Collected<(Connection, Message)>()
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onMessage = { connection, kind, bytes in
                    if held.count == 0 {
                        held.append((connection, Message(kind, bytes)))
                    } else {
                        let (_, first) = held.all[0]
                        first.withUnsafeBytes { _ = connection.send(first.kind, $0.bytes) }
                        connection.send(kind, bytes)
                    }
                }
                return handler
            }) { server in
                let connection = try await connect(server, echoLimit: .seconds(3))
                let failure = await echoFailure { () async throws(EchoFailure) in try await connection.send("first") }
                guard case .echoTimedOut(.seconds(3)) = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
                #expect(await connection.state == .connected)
                try await connection.send("second")
                #expect(await connection.echoesValidated == 1)
                #expect(await connection.unexpectedMessages == 0)
                await connection.closeNow()
            }
        }

        @Test("a message's own limit stands for that message alone")
        func ownLimit() async throws {
            try await TestServer.with { server in
                let connection = try await connect(server, echoLimit: .seconds(60)) {
                    $0.faults = FaultPlan(failEvery: 3, failure: .timeout)
                }
                for _ in 0..<2 { try await connection.send("echoed") }
                let failure = await echoFailure { () async throws(EchoFailure) in
                    try await connection.send("lost", within: .milliseconds(20))
                }
                guard case .echoTimedOut(.milliseconds(20)) = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
                #expect(await connection.echoesValidated == 2)
                await connection.closeNow()
            }
        }

        @Test("a message that answers nothing is noticed")
        func unexpected() async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { $0.send("welcome") }
                return handler
            }) { server in
                let connection = try await connect(server)
                #expect(await eventually { await connection.unexpectedMessages == 1 })
                guard case .unexpectedMessage(let message) = await connection.lastFailure else {
                    Issue.record("\(String(describing: await connection.lastFailure))")
                    return
                }
                #expect(message.text == "welcome")
                await connection.closeNow()
            }
        }

        @Test("many tasks send at a time, and each gets its own echo")
        func concurrent() async throws {
            try await TestServer.with { server in
                let connection = try await connect(server)
                try await withThrowingTaskGroup { group in
                    for task in 0..<20 {
                        group.addTask {
                            for index in 0..<20 { try await connection.send("\(task) \(index)") }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(await connection.echoesValidated == 400)
                #expect(await connection.sent.count == 400)
                await connection.close()
            }
        }

        @Test("each failure of the network fails the message it strikes", arguments: FaultPlan.Failure.allCases)
        func faults(failure: FaultPlan.Failure) async throws {
            try await TestServer.with { server in
                let connection = try await connect(server, echoLimit: failure == .timeout ? .seconds(5) : .seconds(60))
                {
                    $0.faults = FaultPlan(delay: .milliseconds(1), failEvery: 50, failure: failure)
                    $0.limits.closeLimit = .milliseconds(50)
                }
                for index in 0..<49 { try await connection.send("\(index)") }
                let error = await echoFailure { () async throws(EchoFailure) in try await connection.send("50th") }
                #expect(await connection.echoesValidated == 49)
                #expect(await connection.sendFailures == 1)
                #expect(await connection.injectedFailure == failure)
                switch (failure, error) {
                case (.timeout, .echoTimedOut):
                    #expect(await connection.state == .connected)
                    #expect(await connection.close()?.limit == .close)
                case (.drop, .connectionEnded(let outcome)): #expect(outcome.cause == .endOfStream)
                case (.reset, .connectionEnded(let outcome)):
                    guard case .broken = outcome.cause else {
                        Issue.record("\(outcome)")
                        return
                    }
                case (_, let other): Issue.record("\(String(describing: other))")
                }
                #expect(await connection.state == .closed)
            }
        }

        @Test("the same seed strikes the same messages of the same connections")
        func reproducible() async throws {
            try await TestServer.with { server in
                var runs: [[Int]] = []
                for seed in [3, 3, 4] as [UInt64] {
                    var struck: [Int] = []
                    for id in 0..<6 {
                        let connection = try await connect(server, id: id) {
                            $0.faults = FaultPlan(failEvery: 50, failure: .reset, seed: seed)
                        }
                        while (try? await connection.send("x")) != nil {}
                        struck.append(await connection.echoesValidated)
                    }
                    runs.append(struck)
                }
                #expect(runs[0] == runs[1])
                #expect(runs[0] != runs[2])
                #expect(Set(runs[0]).count > 1)
                #expect(runs[0].allSatisfy { (0..<50).contains($0) })
            }
        }

        @Test("the history is bounded")
        func history() {
            var history = SentHistory()
            func append(_ count: Int) {
                history.append(
                    SentMessage(connectionID: 1, payload: Message(.binary, pattern(count).span.bytes), time: .now))
            }
            for _ in 0..<1500 { append(1) }
            #expect(history.messages.count == 1000)
            append(SentHistory.maximumBytes)
            #expect(history.messages.count == 1)
            append(SentHistory.maximumBytes + 1)
            #expect(history.messages.isEmpty)
        }

        @Test("one that nobody refers to any more is closed with 1001")
        func dropped() async throws {
            try await TestServer.with { server in
                for _ in 0..<50 { _ = try await connect(server) }
                #expect(await eventually { server.outcomes.count == 50 })
                #expect(server.outcomes.all.allSatisfy { $0 == CloseOutcome(.peerClosed, code: .goingAway) })
            }
        }
    }
}
