import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("The server's opening handshake over TCP")
    struct HandshakeTests {
        @Test("the application sees path, query, origin and subprotocol")
        func upgrade() async throws {
            let upgrades = Collected<Upgrade>()
            try await TestServer.with(configure: { $0.subprotocols = ["v2", "v1"] }) { upgrade in
                upgrades.append(upgrade)
                return EchoHandler()
            } _: { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(
                    RawPeer.request(
                        "/chat/room?name=a%20b&x", ["Origin: http://example.com", "Sec-WebSocket-Protocol: v0, v1, v2"])
                )
                #expect(try await peer.head().contains("Sec-WebSocket-Protocol: v1\r\n"))
                let upgrade = try #require(upgrades.all.first)
                #expect(upgrade.request.path == "/chat/room")
                #expect(upgrade.request.queryItems.map { "\($0)=\($1)" } == ["name=a b", "x="])
                #expect(upgrade.request.origin == "http://example.com")
                #expect(upgrade.subprotocol == "v1")
            }
        }

        @Test(
            "what is not a good upgrade is answered and the stream ends",
            arguments: [
                ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426), ("GET / HTTP/1.1\r\n\r\n", 400), ("nonsense\r\n\r\n", 400),
                ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 200))\r\n", 431),
                (
                    "POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                    405
                ),
                (
                    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                    426
                ),
            ])
        func refusals(request: String, status: Int) async throws {
            try await TestServer.with { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(Array(request.utf8))
                let head = try await peer.head()
                #expect(head.hasPrefix("HTTP/1.1 \(status) "), "\(head)")
                // The body is all there before the end.
                let line = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") })
                #expect(await peer.readToEnd() == .fin)
                #expect("Content-Length: \(peer.received.count)" == line)
                peer.leave()
                let limit: LimitName? = status == 431 ? .fields : nil
                #expect(try await server.outcome() == CloseOutcome(.handshakeFailure(status: status, limit)))
            }
        }

        @Test("the application's refusal is sent")
        func forbidden() async throws {
            try await TestServer.with {
                $0.refusal = { $0.path == "/no" ? HTTPResponse(status: 403, text: "not you\n") : nil }
            } _: { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(RawPeer.request("/no"))
                #expect(try await peer.head().hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
                #expect(await peer.readToEnd() == .fin)
                #expect(peer.received == Array("not you\n".utf8))
                _ = try await RawPeer.open(server.address)
            }
        }

        @Test("beyond the maximum 503 with Retry-After, and room again once one has left")
        func capacity() async throws {
            try await TestServer.with {
                $0.maximumConnections = 2
            } _: { server in
                let first = try await RawPeer.open(server.address)
                let second = try await RawPeer.open(server.address)
                // These stay for their answer's closeLimit, which must not cost anyone the room that is free.
                var refused: [RawPeer] = []
                for _ in 0..<3 {
                    let peer = try RawPeer(to: server.address)
                    try await peer.send(RawPeer.request())
                    let head = try await peer.head()
                    #expect(head.hasPrefix("HTTP/1.1 503 ") && head.contains("\r\nRetry-After: 1\r\n"))
                    refused.append(peer)
                }
                first.reset()
                #expect(
                    await eventually { server.outcomes.all.contains { $0.limit != .connections } })
                let third = try await RawPeer.open(server.address)
                for peer in [second, third] {
                    try await peer.send(RawPeer.frame(0x81, [0x61]))
                    #expect(try await peer.frame().text == "a")
                }
                for peer in refused { peer.leave() }
            }
        }

        @Test("a burst of several times the maximum is served or told")
        func burst() async throws {
            try await TestServer.with {
                $0.maximumConnections = 4
            } _: { server in
                let peers = try (0..<200).map { _ in try RawPeer(to: server.address) }
                var statuses: [String: Int] = [:]
                for peer in peers { _ = peer.sendNow(RawPeer.request()[...]) }
                for peer in peers {
                    try await peer.send(RawPeer.request()[..<0].map { $0 })
                    let head = try await peer.head()
                    statuses[String(head.dropFirst(9).prefix(3)), default: 0] += 1
                    peer.reset()
                }
                #expect(
                    statuses["101", default: 0] >= 4 && statuses["101", default: 0] + statuses["503", default: 0] == 200
                )
                var count = -1
                for _ in 0..<100_000 where count != 0 {
                    count = await server.server.connectionCount
                    try await Task.sleep(for: .milliseconds(1))
                }
                #expect(count == 0)
            }
        }
    }
}
