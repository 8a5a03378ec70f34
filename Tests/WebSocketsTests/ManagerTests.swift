import Managers
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("Managers of a server's connections")
    struct ManagerTests {
        private static func with(
            _ configure: (inout ManagerConfiguration) -> Void = { _ in },
            _ body: (TestServer, ManagerFactory) async throws -> Void
        ) async throws {
            var managers = ManagerConfiguration()
            configure(&managers)
            try await TestServer.with(configure: { $0.managers = managers }) { server in
                try await body(server, try #require(server.server.managers))
            }
        }

        private static func open(_ server: TestServer, _ target: String, _ fields: [String] = []) async throws
            -> RawPeer
        {
            let peer = try RawPeer(to: server.address)
            try await peer.send(RawPeer.request(target, fields))
            let head = try await peer.head()
            try #require(head.hasPrefix("HTTP/1.1 101 "), "\(head)")
            return peer
        }

        @Test("the twenty-first manager of a user is refused with 503, and what it asked for is named")
        func refusal() async throws {
            try await Self.with { server, factory in
                var peers: [RawPeer] = []
                for number in 1...20 { peers.append(try await Self.open(server, "/?user=alice&connection=c\(number)")) }
                let refused = try RawPeer(to: server.address)
                try await refused.send(RawPeer.request("/?user=alice&connection=c21"))
                let head = try await refused.head()
                #expect(head.hasPrefix("HTTP/1.1 503 "))
                #expect(head.contains("\r\nRetry-After: 1\r\n"))
                #expect(await refused.readToEnd() == .fin)
                let text = "User alice has reached the maximum number of WebSocket managers (20)\n"
                #expect(refused.received == Array(text.utf8))
                refused.leave()
                #expect(
                    try await server.outcome()
                        == CloseOutcome(.handshakeFailure(status: 503, .managersPerUser)))
                // Another user, the same key again, and nobody in particular are let in.
                peers.append(try await Self.open(server, "/?user=bob&connection=c1"))
                peers.append(try await Self.open(server, "/?user=alice&connection=c20"))
                peers.append(try await Self.open(server, "/"))
                let statistics = factory.statistics
                #expect(statistics.managersPerUser == ["alice": 20, "bob": 1])
                #expect(statistics.anonymous == 1)
                #expect(statistics.refused == 1)
                #expect(statistics.resources == 23)
            }
        }

        @Test(
            "names that are no UTF-8 are refused, because they could not be told apart; those that are, are told apart")
        func unclear() async throws {
            for target in [
                "/?user=%ff&connection=c", "/?user=%fe&connection=c", "/?user=a&connection=%C3",
                "/?user=a&thread=%ED%A0%80",
                "/?user=%EF%BF%BD&connection=c",
            ] {
                try await Self.with { server, factory in
                    let refused = try RawPeer(to: server.address)
                    try await refused.send(RawPeer.request(target))
                    #expect(try await refused.head().hasPrefix("HTTP/1.1 400 "), "\(target)")
                    #expect(await refused.readToEnd() == .fin)
                    #expect(String(decoding: refused.received, as: UTF8.self).contains("not valid UTF-8"))
                    #expect(factory.statistics.active == 0)
                }
            }
            try await Self.with {
                $0.limits.maximumManagersPerUser = 1
            } _: { server, factory in
                let peers = [
                    try await Self.open(server, "/?user=%C3%A4&connection=c"),
                    try await Self.open(server, "/?user=%C3%B6&connection=c"),
                    try await Self.open(server, "/?user=%zz&connection=c"),
                ]
                #expect(factory.statistics.managersPerUser == ["ä": 1, "ö": 1, "%zz": 1])
                for peer in peers { peer.leave() }
            }
        }

        @Test("where the client is to read it, the refusal is a Close with 1013")
        func closing() async throws {
            try await Self.with {
                $0.refusal = .close
                $0.limits.maximumManagersPerUser = 1
            } _: { server, factory in
                let user = String(repeating: "ü", count: 50)
                let query = "/?user=" + String(repeating: "%C3%BC", count: 50)
                let first = try await Self.open(server, query + "&connection=c1")
                let second = try await Self.open(server, query + "&connection=c2")
                let frame = try await second.frame()
                #expect(frame.closeCode == 1013)
                let reason = String(decoding: frame.payload.dropFirst(2), as: UTF8.self)
                #expect(reason.hasPrefix("User \(user) has reached"))
                #expect(frame.payload.count <= 125)
                #expect(factory.statistics.active == 1)
                first.leave()
                second.leave()
            }
        }

        @Test(
            "the user and the ids come from where the configuration says",
            arguments: [
                (.query(), "/?user=u&connection=c&thread=t", [], IsolationKey(user: "u", connection: "c")),
                (.query(), "/?user=u&connection=&thread=t&request=r", [], IsolationKey(user: "u", .thread, "t")),
                (.query(), "/x?request=r%201&user=u", [], IsolationKey(user: "u", .request, "r 1")),
                (.query(), "/?user=u", [], IsolationKey(user: "u", .number, "#1")),
                (
                    .query(IdentityNames(user: "who", connection: "tab", thread: "t", request: "r")), "/?who=u&tab=c",
                    [], IsolationKey(user: "u", connection: "c")
                ),
                (.fields(), "/?user=x", ["X-User: u", "X-Thread: t"], IsolationKey(user: "u", .thread, "t")),
                (.path, "/u/c/more?user=x", [], IsolationKey(user: "u", connection: "c")),
                (.path, "/%75/c%20d", [], IsolationKey(user: "u", connection: "c d")),
            ] as [(IdentitySource, String, [String], IsolationKey)])
        func identity(source: IdentitySource, target: String, fields: [String], key: IsolationKey) async throws {
            try await Self.with {
                $0.identity = source
            } _: { server, factory in
                let peer = try await Self.open(server, target, fields)
                #expect(factory.keys(of: "u") == [key])
                peer.leave()
            }
        }

        @Test("who names no user is anonymous", arguments: ["/", "/?connection=c1", "/?user=&connection=c1"])
        func anonymous(target: String) async throws {
            try await Self.with { server, factory in
                let first = try await Self.open(server, target)
                let second = try await Self.open(server, target)
                #expect(factory.statistics.anonymous == 2)
                #expect(factory.statistics.usersWithManagers == 0)
                first.leave()
                second.leave()
            }
        }

        @Test("an id that is too long is refused, and nothing is kept")
        func tooLong() async throws {
            try await Self.with { server, factory in
                for (length, status) in [(128, 101), (129, 400)] {
                    let peer = try RawPeer(to: server.address)
                    try await peer.send(
                        RawPeer.request("/?user=u&connection=\(String(repeating: "c", count: length))"))
                    #expect(try await peer.head().hasPrefix("HTTP/1.1 \(status) "))
                    peer.leave()
                }
                #expect(await eventually { factory.statistics.active == 0 })
                #expect(factory.statistics.created == 1)
            }
        }

        @Test("a peer that leaves releases its manager, whichever way", arguments: ["close", "fin", "reset", "broken"])
        func leaving(way: String) async throws {
            try await Self.with { server, factory in
                let peer = try await Self.open(server, "/?user=u&connection=c")
                #expect(factory.statistics.active == 1)
                switch way {
                case "close": try await peer.send(RawPeer.close(1000))
                case "fin": peer.shutdownWriting()
                case "reset": peer.reset()
                default: try await peer.send([0xFF, 0xFF])
                }
                if way != "reset" {
                    #expect(await peer.readToEnd() == .fin)
                    peer.leave()
                }
                #expect(await eventually { factory.statistics.ended == [.released: 1] })
                #expect(factory.statistics.active == 0)
            }
        }

        @Test("a handshake that is refused or does not complete makes no manager")
        func unopened() async throws {
            try await TestServer.with(configure: {
                $0.managers = ManagerConfiguration()
                $0.refusal = { _ in HTTPResponse(status: 403) }
            }) { server in
                for bytes in [RawPeer.request("/?user=u&connection=c"), RawPeer.request("/?user=u").dropLast(2)] {
                    let peer = try RawPeer(to: server.address)
                    try await peer.send(Array(bytes))
                    peer.shutdownWriting()
                    #expect(await peer.readToEnd() == .fin)
                }
                #expect(try #require(server.server.managers).statistics.created == 0)
            }
        }

        @Test(
            "cleanup closes with the code that fits, and the descriptor is gone when it returns",
            arguments: [(CleanupReason.requested, 1000), (.forced, 1008), (.shutdown, 1001)])
        func cleanup(reason: CleanupReason, code: Int) async throws {
            try await Self.with {
                $0.limits.cleanupLimit = .seconds(60)
                $0.limits.batchCleanupLimit = .seconds(60)
            } _: { server, factory in
                let peers = [
                    try await Self.open(server, "/?user=u&connection=c"),
                    try await Self.open(server, "/?user=u&connection=c"),
                ]
                let key = IsolationKey(user: "u", connection: "c")
                async let ended: Void = {
                    switch reason {
                    case .forced: await factory.forceCleanup(user: "u")
                    case .shutdown: await factory.shutdown()
                    default: await factory.cleanup(key)
                    }
                    #expect(await server.server.connectionCount == 0)
                }()
                for peer in peers {
                    #expect(try await peer.frame().closeCode == code)
                    try await peer.send(RawPeer.close(code))
                    #expect(await peer.readToEnd() == .fin)
                    peer.leave()
                }
                await ended
                #expect(factory.statistics.ended == [reason: 1])
                #expect(factory.statistics.closedHard == 0)
            }
        }

        @Test("who does not answer the Close is reset when the limit has passed")
        func unanswered() async throws {
            try await Self.with {
                $0.limits.cleanupLimit = .milliseconds(50)
            } _: { server, factory in
                let peer = try await Self.open(server, "/?user=u&connection=c")
                let cleanup = try #require(await factory.cleanup(IsolationKey(user: "u", connection: "c")))
                #expect(cleanup.closedHardCount == 1)
                #expect(cleanup.remainingCount == 0)
                #expect(await server.server.connectionCount == 0)
                #expect(await peer.readToEnd() == .reset)
                peer.leave()
            }
        }

        @Test("messages either way keep a manager from being stale, a Ping does not")
        func activity() async throws {
            let clock = ManualClock()
            try await Self.with {
                $0.clock = clock
                $0.limits.maximumManagersPerUser = 5
                $0.limits.backgroundInterval = .seconds(1_000_000)
            } _: { server, factory in
                let peers = [
                    try await Self.open(server, "/?user=u&connection=talks"),
                    try await Self.open(server, "/?user=u&connection=pings"),
                    try await Self.open(server, "/?user=u&connection=idle"),
                ]
                clock.advance(by: .seconds(1800))
                try await peers[0].send(RawPeer.frame(0x81, [1]))
                #expect(try await peers[0].frame().first == 0x81)
                try await peers[1].send(RawPeer.frame(0x89))
                #expect(try await peers[1].frame().first == 0x8A)
                let next = try await Self.open(server, "/?user=u&connection=next")
                #expect(Set(factory.keys(of: "u").map(\.id)) == ["talks", "next"])
                for peer in peers.dropFirst() { #expect(try await peer.frame().closeCode == 1001) }
                for peer in peers + [next] { peer.leave() }
                #expect(await eventually { factory.statistics.cleaningUp == 0 })
            }
        }

        @Test("the server's shutdown leaves no manager, and no background cleanup")
        func shutdown() async throws {
            let clock = ManualClock()
            try await Self.with {
                $0.clock = clock
            } _: { server, factory in
                let peer = try await Self.open(server, "/?user=u&connection=c")
                #expect(await eventually { clock.sleeperCount == 1 })
                async let ended: Void = server.server.shutdown(within: .seconds(30))
                #expect(try await peer.frame().closeCode == 1001)
                peer.leave()
                await ended
                #expect(factory.statistics.active == 0 && factory.statistics.cleaningUp == 0)
                #expect(clock.sleeperCount == 0)
                #expect(throws: ManagerRefusal.shutDown) {
                    try factory.manager(for: ManagerIdentity(user: "u", connection: "c"))
                }
            }
        }
    }
}
