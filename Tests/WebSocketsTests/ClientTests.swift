import Glibc
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("The client")
    struct ClientTests {
        /// What connecting to a server that answers with `answer` and then `ends` comes to.
        private func failure(answer: String, ends: Bool = true) async throws -> String {
            let listener = try RawListener()
            let connecting = Task { try await WebSocketClient.connect(to: "ws://\(listener.address)/") }
            let peer = try await listener.accepted()
            _ = try await peer.head()
            try await peer.send(Array(answer.utf8))
            if ends { peer.leave() }
            let error = await #expect(throws: ConnectFailure.self) { _ = try await connecting.value }
            if !ends { #expect(await peer.readToEnd() != .open) }
            return "\(try #require(error))"
        }

        @Test("an HTTP answer is a refusal")
        func refused() async throws {
            #expect(
                try await failure(answer: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", ends: false)
                    == "the server refused the upgrade with HTTP status 401 Unauthorized")
        }

        @Test(
            "an answer that is no opening handshake",
            arguments: [
                "garbage\r\n\r\n", "SSH-2.0-OpenSSH\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
            ])
        func garbage(answer: String) async throws {
            let text = try await failure(answer: answer, ends: false)
            #expect(text.hasPrefix("the server's opening handshake is invalid: "), "\(text)")
        }

        @Test("a server that closes in the middle", arguments: ["", "HTTP/1.1 101 Swit"])
        func closesEarly(answer: String) async throws {
            let text = try await failure(answer: answer)
            #expect(text == "the opening handshake was not completed: the peer ended the stream without a Close frame")
        }

        @Test("host names and IPv6 literals", arguments: ["127.0.0.1", "::1"])
        func hosts(host: String) async throws {
            try await TestServer.with {
                $0.host = host
            } _: { server in
                let names = host == "::1" ? ["[::1]", "[0:0::1]"] : ["127.0.0.1", "localhost"]
                for name in names {
                    let client = try await WebSocketClient.connect(to: "ws://\(name):\(server.address.port)/x?y")
                    try await client.send("hello")
                    #expect(await client.receive()?.text == "hello")
                    #expect(await client.close().isClean)
                }
            }
        }

        @Test("what cannot be resolved or reached says so")
        func unreachable() async throws {
            await #expect(throws: ResolutionFailure.self) {
                _ = try await WebSocketClient.connect(to: "ws://no-such-host.invalid/")
            }
            let bound = try RawListener()
            let address = bound.address
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(number) }
            var local = sockaddr_in()
            local.sin_family = sa_family_t(AF_INET)
            local.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let isBound = withUnsafePointer(to: &local) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, 16) == 0 }
            }
            try #require(isBound && address.port != 0)
            var length = socklen_t(16)
            _ = withUnsafeMutablePointer(to: &local) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
            }
            let port = UInt16(bigEndian: local.sin_port)
            let error = await #expect(throws: ConnectFailure.self) {
                _ = try await WebSocketClient.connect(to: "ws://127.0.0.1:\(port)/")
            }
            #expect("\(try #require(error))".contains("connect: Connection refused (errno 111); nothing listens there"))
        }

        @Test("what would break the request is refused before a byte is sent")
        func injection() async throws {
            let listener = try RawListener()
            let url = "ws://\(listener.address)/"
            var byField = ClientConfiguration()
            byField.fields.append(name: "X", value: "a\r\nEvil: yes")
            var byName = ClientConfiguration()
            byName.fields.append(name: "X: a\r\nEvil", value: "yes")
            var byOrigin = ClientConfiguration()
            byOrigin.origin = "http://a\r\nEvil: yes"
            var bySubprotocol = ClientConfiguration()
            bySubprotocol.subprotocols = ["a\r\nEvil: yes"]
            var byOwnField = ClientConfiguration()
            byOwnField.fields.append(name: "sec-websocket-key", value: "x")
            for configuration in [byField, byName, byOrigin, bySubprotocol, byOwnField] {
                await #expect(throws: ClientRequestError.self) {
                    _ = try await WebSocketClient.connect(to: url, configuration)
                }
            }
            await #expect(throws: WebSocketURLError.self) { _ = try await WebSocketClient.connect(to: url + "a b\r\n") }
        }

        @Test("the request carries fields, origin and subprotocols; the answer's choice is told")
        func subprotocol() async throws {
            try await TestServer.serving(configure: { $0.subprotocols = ["b"] }) { connection, upgrade in
                try connection.send(
                    "\(upgrade.request.fields["X"]!) \(upgrade.request.origin!) \(upgrade.subprotocol!)")
                _ = await connection.receive()
            } _: { server in
                var configuration = ClientConfiguration()
                configuration.fields.append(name: "X", value: "y")
                configuration.origin = "http://o"
                configuration.subprotocols = ["a", "b"]
                let client = try await WebSocketClient.connect(to: server.server.url, configuration)
                #expect(client.subprotocol == "b")
                #expect(await client.receive()?.text == "y http://o b")
                await client.close()
            }
        }

        @Test("a cancelled connect is over at once, in either stage", arguments: [true, false])
        func cancellation(isAccepted: Bool) async throws {
            let listener = try RawListener(backlog: 0)
            var fillers: [RawPeer] = []
            if !isAccepted { for _ in 0..<4 { fillers.append(try RawPeer(to: listener.address)) } }
            let connecting = Task { try await WebSocketClient.connect(to: "ws://\(listener.address)/") }
            let peer = isAccepted ? try await listener.accepted() : nil
            if let peer { _ = try await peer.head() }
            connecting.cancel()
            await #expect(throws: CancellationError.self) { _ = try await connecting.value }
            if let peer { #expect(await peer.readToEnd() == .reset) }
            for filler in fillers { filler.leave() }
        }

        @Test("cancelled before it began")
        func cancelledEarly() async throws {
            let listener = try RawListener()
            let connecting = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await WebSocketClient.connect(to: "ws://\(listener.address)/")
            }
            await #expect(throws: CancellationError.self) { _ = try await connecting.value }
        }

        @Test("a connection that nobody refers to any more is closed with 1001")
        func dropped() async throws {
            try await TestServer.with { server in
                // Often enough to be dropped on the loop's thread too, while the connection still tells that it is open.
                for _ in 0..<100 { _ = try await WebSocketClient.connect(to: server.server.url) }
                #expect(await eventually { server.outcomes.count == 100 })
                #expect(server.outcomes.all.allSatisfy { $0 == CloseOutcome(.peerClosed, code: .goingAway) })
            }
        }

        @Test("on a loop that has ended")
        func endedLoop() async throws {
            try await TestServer.with { server in
                let loop = try EventLoop()
                let client = try await WebSocketClient.connect(to: server.server.url, on: loop)
                loop.stop()
                #expect(try await client.closed() == CloseOutcome(.aborted))
                #expect(await client.receive() == nil)
                await #expect(throws: ConnectFailure.self) {
                    _ = try await WebSocketClient.connect(to: server.server.url, on: loop)
                }
            }
        }

        @Test("two thousand connections on one loop")
        func thousands() async {
            await #expect(processExitsWith: .success) {
                DescriptorLimit.raise()
                let server = try await WebSocketServer.start { _ in EchoHandler() }
                let loop = try EventLoop()
                let echoed = Collected<String>()
                let failures = Collected<String>()
                let closed = Collected<CloseOutcome>()
                await loop.run {
                    for index in 0..<2000 {
                        let handler = ClosureHandler()
                        handler.onOpen = { $0.send("\(index)") }
                        handler.onMessage = { connection, _, bytes in
                            echoed.append(bytes.text)
                            connection.close()
                        }
                        handler.onClose = { closed.append($1) }
                        let handshake = try! ClientHandshake(host: "localhost", target: "/")
                        WebSocketClient.open(server.address, handshake, handler: handler, on: loop) {
                            failures.append("\($0)")
                        }
                    }
                }
                #expect(await eventually { closed.count + failures.count == 2000 })
                #expect(failures.all == [])
                #expect(Set(echoed.all).count == 2000)
                #expect(closed.all.allSatisfy { $0 == CloseOutcome(.locallyClosed, code: .normalClosure) })
                await server.shutdown()
                loop.stop()
            }
        }
    }
}
