import FlyingFox
import FlyingSocks
import Testing
import WatertightTesting
import WebSockets

/// Each in a process of its own, where memory is judged to the byte.
@Suite("FlyingFox 0.27.1")
struct FlyingFoxTests {
    /// How a client leaves.
    enum Ending: String, CaseIterable {
        case close, reset
    }

    /// It keeps 750 bytes of each connection for fifteen seconds, which is no leak.
    @Test("its WebSocket server leaves nothing behind of a connection", arguments: Ending.allCases.map(\.rawValue))
    func server(ending: String) async {
        await #expect(processExitsWith: .success) { [ending] in
            let server = HTTPServer(address: .loopback(port: 0))
            await server.appendRoute("GET /", to: .webSocket(EchoWSMessageHandler()))
            let running = Task { try await server.run() }
            try await server.waitUntilListening()
            guard case .ip6(_, let port) = await server.listeningAddress else {
                Issue.record("not listening on IPv6")
                return
            }
            try await expectNoLeaks(connections: 1000) {
                let client = try await WebSocketClient.connect(to: "ws://[::1]:\(port)/")
                try await client.send("hello")
                #expect(await client.receive()?.text == "hello")
                if ending == "reset" { await client.closeNow() } else { await client.close() }
            }
            await server.stop()
            running.cancel()
        }
    }

    @Test("a connect that fails leaves its socket behind")
    func failedConnect() async {
        await withKnownIssue("AsyncSocket.connected(to:) does not close the socket when it throws") {
            await #expect(processExitsWith: .success) {
                try await expectNoLeaks(connections: 100) {
                    // Nothing listens on port 1.
                    _ = try? await AsyncSocket.connected(to: .loopback(port: 1))
                }
            }
        }
    }

    @Test("a connect that succeeds and is closed leaves nothing behind", .leakFree)
    func connect() async throws {
        let server = try await WebSocketServer.start { _ in EchoHandler() }
        let socket = try await AsyncSocket.connected(to: .inet(ip4: "127.0.0.1", port: server.address.port))
        try socket.close()
        await server.shutdown()
    }
}
