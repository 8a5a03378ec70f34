import Sockets
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    /// A task may be suspended on its way into the wait that it has found to be needed; what it is to wait for may happen
    /// then, and must not be missed.
    @Suite("What a task waits for happens just before it waits")
    struct WaitingTests {
        enum Wait: CaseIterable {
            case receive, drained, closed, roundTrip

            /// Waits; a closure that does nothing else, so that the way into the wait is as short as a user's.
            var body: @Sendable (isolated AsyncConnection) async -> Void {
                switch self {
                case .receive: { _ = await $0.receive() }
                case .drained: { try? await $0.drained() }
                case .closed: { _ = try? await $0.closed() }
                case .roundTrip: { _ = try? await $0.roundTrip([1]) }
                }
            }
        }

        /// Starts two tasks in one turn of the loop; the second lets the first have so many turns before it acts, so that
        /// it does so wherever the first is suspended.
        private func together(
            on connection: isolated AsyncConnection, turns: Int,
            _ first: @escaping @Sendable (isolated AsyncConnection) async -> Void,
            _ second: @escaping @Sendable (isolated AsyncConnection) -> Void
        ) -> Task<Void, Never> {
            let task = Task { await first(connection) }
            Task {
                for _ in 0..<turns { await Task.yield() }
                second(connection)
            }
            return task
        }

        @Test("the end", arguments: Wait.allCases, 0..<6)
        func end(wait: Wait, turns: Int) async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { $0.pause() }
                return handler
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                if wait == .drained { try await client.fill() }
                let woken = Collected<Wait>()
                let waiting = await together(on: client, turns: turns, wait.body) { $0.closeNow() }
                Task {
                    await waiting.value
                    woken.append(wait)
                }
                #expect(await eventually { woken.count == 1 })
            }
        }

        @Test("a message", arguments: 0..<6)
        func message(turns: Int) async throws {
            let loop = try EventLoop()
            defer { loop.stop() }
            let mailbox = Mailbox()
            let connection = await loop.run {
                let connection = Connection(
                    loop: loop, role: .server, limits: SharedLimits(ConnectionLimits()), opening: NeverOpening())
                return AsyncConnection(connection, mailbox: mailbox, subprotocol: nil)
            }
            let received = Collected<String?>()
            _ = await together(on: connection, turns: turns) { connection in
                received.append(await connection.receive()?.text)
            } _: { connection in
                connection.deliver("hello", to: mailbox)
            }
            #expect(await eventually { received.all == ["hello"] })
        }
    }
}

extension AsyncConnection {
    /// Has a message arrive.
    fileprivate func deliver(_ text: String, to mailbox: Mailbox) {
        var text = text
        text.withUTF8 { mailbox.received(.text, UnsafeRawBufferPointer($0).bytes, on: connection) }
    }
}
