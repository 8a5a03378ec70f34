import Glibc
import ProcessResources
import Sockets
import SystemCalls
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    /// Each in a process of its own: everything there is counted, and a limit that is lowered is lowered for nobody else.
    @Suite("Nothing is left of a connection", .serialized)
    struct FlatnessTests {
        /// How a connection of the load comes to its end.
        enum Ending: CaseIterable {
            case close, fin, reset, failedHandshake, halfRequest
        }

        /// One connection, from a thread that may wait for it.
        static func cycle(_ address: SocketAddress, _ ending: Ending) throws {
            let descriptor = try OwnedDescriptor.connecting(to: address)
            let number = descriptor.rawValue
            let flags = fcntl(number, F_GETFL)
            _ = fcntl(number, F_SETFL, flags & ~O_NONBLOCK)
            var limit = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var buffer = [UInt8](repeating: 0, count: 512)
            func send(_ bytes: [UInt8]) { _ = Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
            func read() -> Int { recv(number, &buffer, buffer.count, 0) }
            switch ending {
            case .failedHandshake:
                send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
                while read() > 0 {}
                return
            case .halfRequest:
                send(Array("GET / HT".utf8))
                return
            default: break
            }
            send(RawPeer.request())
            guard read() > 0 else { throw SystemCallError(.recv) }
            send(RawPeer.frame(0x81, [0x61, 0x62]))
            guard read() > 0 else { throw SystemCallError(.recv) }
            switch ending {
            case .close:
                send(RawPeer.close(1000))
                while read() > 0 {}
            case .reset: try descriptor.resetOnClose()
            default: break
            }
        }

        /// What every one of several equal rounds leaves behind at the least.
        ///
        /// A leak grows in each of them. What grows in some only is a cache of Swift's runtime that fills (libdispatch keeps
        /// a thousand continuations for each thread) or a table that doubles.
        struct Growth {
            var bytes = Int.max
            var descriptors = Int.max
            var threads = Int.max

            /// Whether no more than `bytes` were left behind, no descriptor and no thread.
            func isFlat(_ bytes: Int) -> Bool { self.bytes < bytes && descriptors <= 0 && threads <= 0 }

            static func measured(rounds: Int = 20, enough: Int = 1000, _ round: () async throws -> Void) async throws
                -> Growth
            {
                let reader = try ProcessReader(pid: getpid())
                for _ in 0..<2 { try await round() }
                var growth = Growth()
                for _ in 0..<rounds where !growth.isFlat(enough) {
                    let descriptors = try reader.descriptorCount()
                    let threads = try reader.threads()
                    let bytes = OwnHeap.current().liveBytes
                    try await round()
                    growth.bytes = min(growth.bytes, OwnHeap.current().liveBytes - bytes)
                    growth.descriptors = min(growth.descriptors, try reader.descriptorCount() - descriptors)
                    growth.threads = min(growth.threads, try reader.threads() - threads)
                }
                return growth
            }
        }

        static func settle(_ server: WebSocketServer, _ loop: EventLoop? = nil) async throws {
            for _ in 0..<5000 {
                let isIdle = await loop?.run { loop!.channels.isEmpty } ?? true
                if isIdle, await server.connectionCount == 0 { return }
                try await Task.sleep(for: .milliseconds(1))
            }
            Issue.record("connections are left")
        }

        /// Thousand connections a round, an equal part of each ending.
        static func growth(_ server: WebSocketServer) async throws -> Growth {
            try await Growth.measured {
                for index in 0..<1000 { try cycle(server.address, Ending.allCases[index % Ending.allCases.count]) }
                try await settle(server)
            }
        }

        @Test("a callback server")
        func callbacks() async {
            await #expect(processExitsWith: .success) {
                let server = try await WebSocketServer.start { _ in EchoHandler() }
                let growth = try await OverTCP.FlatnessTests.growth(server)
                #expect(growth.isFlat(1000))
                await server.shutdown()
            }
        }

        @Test("an async server")
        func tasks() async {
            await #expect(processExitsWith: .success) {
                let server = try await WebSocketServer.serve { connection, _ in
                    while let message = await connection.receive() { try connection.send(message) }
                }
                let growth = try await OverTCP.FlatnessTests.growth(server)
                #expect(growth.isFlat(1000))
                await server.shutdown()
            }
        }

        @Test("the client: closed, dropped, refused and cancelled", arguments: [0, 1, 2, 3])
        func client(way: Int) async {
            await #expect(processExitsWith: .success) { [way] in
                let server = try await WebSocketServer.start { _ in EchoHandler() }
                // Connected, not listening: nobody else can listen there meanwhile.
                let elsewhere = try OwnedDescriptor.listening(on: .loopback(port: 0))
                let bound = try OwnedDescriptor.connecting(to: elsewhere.localAddress())
                let closedPort = try bound.localAddress()
                let loop = try EventLoop()
                let growth = try await OverTCP.FlatnessTests.Growth.measured(enough: 8000) {
                    for _ in 0..<800 {
                        switch way {
                        case 0:
                            let client = try await WebSocketClient.connect(to: server.url, on: loop)
                            try await client.send("x")
                            _ = await client.receive()
                            await client.close()
                        case 1: _ = try await WebSocketClient.connect(to: server.url, on: loop)
                        case 2:
                            do {
                                _ = try await WebSocketClient.connect(to: "ws://\(closedPort)/", on: loop)
                                Issue.record("connected to nobody")
                            } catch is ConnectFailure {}
                        default:
                            let connecting = Task { try await WebSocketClient.connect(to: server.url, on: loop) }
                            connecting.cancel()
                            _ = try? await connecting.value
                        }
                    }
                    try await OverTCP.FlatnessTests.settle(server, loop)
                }
                // A connection that is left behind takes some 700 bytes; the runtime's caches fill more slowly.
                #expect(growth.isFlat(8000))
                await server.shutdown()
                loop.stop()
                try bound.close()
                try elsewhere.close()
            }
        }

        @Test("servers started and shut down, with clients")
        func servers() async {
            await #expect(processExitsWith: .success) {
                let growth = try await OverTCP.FlatnessTests.Growth.measured(enough: 8000) {
                    for index in 0..<60 {
                        let server = try await WebSocketServer.serve { connection, _ in _ = await connection.receive() }
                        let client = try await WebSocketClient.connect(to: server.url)
                        if index % 2 == 0 { await server.shutdown() } else { await server.shutdownNow() }
                        _ = try await client.closed()
                    }
                }
                // One loop alone has a window of 256 KiB.
                #expect(growth.isFlat(8000))
            }
        }

        @Test("accepting survives a process out of descriptors, without spinning")
        func outOfDescriptors() async {
            await #expect(processExitsWith: .success) {
                let loops = Collected<EventLoop>()
                let server = try await WebSocketServer.start { _ in
                    let handler = ClosureHandler()
                    handler.onOpen = { loops.append($0.loop) }
                    handler.onMessage = { connection, kind, bytes in connection.send(kind, bytes) }
                    return handler
                }
                // The runtime's timer needs a number too, and does not survive going without.
                try await Task.sleep(for: .milliseconds(1))
                let first = try await RawPeer.open(server.address)
                let waiting = try RawPeer(to: server.address)
                // Takes every number there is, the waiting connection's among them.
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                var saved = limit
                let reader = try ProcessReader(pid: getpid())
                try await waiting.send(RawPeer.request())
                _ = try await waiting.head()
                limit.rlim_cur = rlim_t(try reader.descriptorCount() + 3)
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                var fillers: [Int32] = []
                while true {
                    let number = dup(0)
                    if number < 0 { break }
                    fillers.append(number)
                }
                // One number for the client's own socket; the server gets none.
                close(fillers.removeLast())
                let starved = try RawPeer(to: server.address)
                try await starved.send(RawPeer.request())
                let loop = try #require(loops.all.first)
                #expect(await loop.processorTime(over: .milliseconds(500)) < .milliseconds(100))
                try await first.send(RawPeer.frame(0x81, [0x61]))
                #expect(try await first.frame().text == "a")
                #expect(starved.received.isEmpty)
                // One that leaves makes room.
                waiting.reset()
                #expect(try await starved.head().hasPrefix("HTTP/1.1 101 "))
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &saved)
                for number in fillers { close(number) }
                _ = try await RawPeer.open(server.address)
                await server.shutdownNow()
            }
        }

        @Test("an idle server uses no processor time, whatever its connections wait for")
        func idle() async {
            await #expect(processExitsWith: .success) {
                let loops = Collected<EventLoop>()
                let server = try await WebSocketServer.start { upgrade in
                    let handler = ClosureHandler()
                    handler.onOpen = { connection in
                        loops.append(connection.loop)
                        if upgrade.request.path == "/paused" { connection.pause() }
                        if upgrade.request.path == "/closing" { connection.close() }
                    }
                    return handler
                }
                var peers: [RawPeer] = []
                for path in ["/open", "/paused", "/closing", "/paused", "/half"] {
                    let peer = try RawPeer(to: server.address)
                    try await peer.send(RawPeer.request(path))
                    _ = try await peer.head()
                    try await peer.send(path == "/closing" ? [] : RawPeer.frame(0x81, [0x61]))
                    peers.append(peer)
                }
                peers[3].shutdownWriting()
                peers.append(try RawPeer(to: server.address))
                let refused = try RawPeer(to: server.address)
                try await refused.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
                _ = try await refused.head()
                let loop = try #require(loops.all.first)
                _ = await loop.processorTime(over: .milliseconds(50))
                #expect(await loop.processorTime(over: .milliseconds(500)) < .milliseconds(20))
                await server.shutdownNow()
            }
        }
    }
}
