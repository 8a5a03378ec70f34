import Glibc
import Managers
import ProcessResources
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("A server on several loops")
    struct LoopTests {
        @Test("connections are spread over the loops, and each is served on its own")
        func spread() async throws {
            let loops = Collected<ObjectIdentifier>()
            let isOnItsLoop = Collected<Bool>()
            try await TestServer.with {
                $0.loops = 3
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { loops.append(ObjectIdentifier($0.loop)) }
                handler.onMessage = { connection, kind, bytes in
                    isOnItsLoop.append(connection.loop.isCurrent)
                    connection.send(kind, bytes)
                }
                return handler
            } _: { server in
                // The kernel draws a loop for each from its ports: that 64 fall on one has a chance below 10^-29.
                var peers: [RawPeer] = []
                for _ in 0..<64 { peers.append(try await RawPeer.open(server.address)) }
                #expect(Set(loops.all).count > 1 && Set(loops.all).count <= 3)
                #expect(await server.server.connectionCount == 64)
                for (index, peer) in peers.enumerated() {
                    try await peer.send(RawPeer.frame(0x81, Array("\(index)".utf8)))
                    #expect(try await peer.frame().text == "\(index)")
                }
                #expect(isOnItsLoop.all == Array(repeating: true, count: 64))
                for peer in peers { peer.reset() }
                #expect(await eventually { server.outcomes.count == 64 })
                #expect(await server.server.connectionCount == 0)
            }
        }

        @Test("the limit of open connections is the server's, not each loop's")
        func maximum() async throws {
            try await TestServer.with {
                $0.loops = 2
                $0.maximumConnections = 10
            } _: { server in
                var open: [RawPeer] = []
                for _ in 0..<10 { open.append(try await RawPeer.open(server.address)) }
                for _ in 0..<20 {
                    let late = try RawPeer(to: server.address)
                    try await late.send(RawPeer.request())
                    #expect(try await late.head().hasPrefix("HTTP/1.1 503 "))
                    late.leave()
                }
                // Places that were left are given again, on whichever loop.
                for peer in open { peer.reset() }
                #expect(await eventually { await server.server.connectionCount == 0 })
                for _ in 0..<10 { open.append(try await RawPeer.open(server.address)) }
            }
        }

        @Test("managers, and what all connections hold, are counted over all loops")
        func shared() async throws {
            try await TestServer.with {
                $0.loops = 2
                $0.managers = ManagerConfiguration()
                $0.maximumBufferedBytes = 4 << 20
            } _: { server in
                var peers: [RawPeer] = []
                for _ in 0..<32 {
                    let peer = try await RawPeer.open(server.address)
                    peers.append(peer)
                }
                let managers = try #require(server.server.managers)
                #expect(managers.statistics.resources == 32)
                // Unfinished messages of 200 KB, which do not fit together.
                for peer in peers.prefix(30) {
                    try await peer.send(RawPeer.frame(0x02, pattern(200_000)), reading: true)
                }
                let told = await eventually {
                    for peer in peers { peer.read() }
                    return peers.contains { $0.takeFrame()?.closeCode == 1013 }
                }
                #expect(told)
                for peer in peers { peer.reset() }
                #expect(await eventually { managers.statistics.resources == 0 })
            }
        }

        @Test("a graceful end tells the clients of every loop, and leaves no descriptor and no thread")
        func graceful() async throws {
            let reader = try ProcessReader(pid: getpid())
            try await TestServer.with {
                $0.loops = 2
            } _: { _ in
            }
            let before = try reader.descriptorCount()
            try await TestServer.with {
                $0.loops = 4
            } _: { server in
                var peers: [RawPeer] = []
                for _ in 0..<16 { peers.append(try await RawPeer.open(server.address)) }
                let ending = Task { await server.server.shutdown(within: .seconds(60)) }
                for peer in peers {
                    #expect(try await peer.frame().closeCode == 1001)
                    try await peer.send(RawPeer.close(1001))
                    #expect(await peer.readToEnd() == .fin)
                }
                await ending.value
                #expect(server.outcomes.all.filter(\.isClean).count == 16)
            }
            #expect(try await eventually { try reader.descriptorCount() <= before })
        }

        @Test("a port that is taken is not shared, not even with a server that shares its own")
        func portTaken() async throws {
            for loops in [1, 2] {
                try await TestServer.with {
                    $0.loops = loops
                } _: { server in
                    var second = ServerConfiguration()
                    second.port = server.address.port
                    second.loops = 2
                    await #expect(throws: SystemCallError(.bind, errno: EADDRINUSE)) {
                        let unwanted = try await WebSocketServer.start(second) { _ in EchoHandler() }
                        await unwanted.shutdownNow()
                    }
                }
            }
        }

        @Test("tasks of an async server run on the loops of their connections")
        func tasks() async throws {
            let loops = Collected<ObjectIdentifier>()
            try await TestServer.serving {
                $0.loops = 2
            } _: { connection, _ in
                loops.append(ObjectIdentifier(connection.loop))
                while let message = await connection.receive() {
                    #expect(connection.loop.isCurrent)
                    try connection.send(message)
                }
            } _: { server in
                var peers: [RawPeer] = []
                for _ in 0..<64 { peers.append(try await RawPeer.open(server.address)) }
                for peer in peers {
                    try await peer.send(RawPeer.frame(0x81, [0x61]))
                    #expect(try await peer.frame().text == "a")
                }
                #expect(Set(loops.all).count == 2)
            }
        }
    }
}
