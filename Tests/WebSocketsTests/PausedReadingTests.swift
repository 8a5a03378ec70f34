import Sockets
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("A connection whose reading is paused")
    struct PausedReadingTests {
        @Test("paused with input in the window, which another takes: order is kept", arguments: [false, true])
        func pausedInWindow(resumesInside: Bool) async throws {
            let connections = Collected<Connection>()
            let texts = Collected<String>()
            try await TestServer.with(handler: { upgrade in
                let handler = ClosureHandler()
                guard upgrade.request.path == "/paused" else {
                    handler.onMessage = { connection, _, bytes in
                        // From inside another connection's callback.
                        if resumesInside { for paused in connections.all { paused.resume() } }
                        connection.send(bytes.text)
                    }
                    return handler
                }
                handler.onOpen = { connections.append($0) }
                handler.onMessage = { connection, _, bytes in
                    texts.append(bytes.text)
                    if texts.count % 2 == 0 { connection.pause() }
                    if texts.count == 5 {
                        connection.pause()
                        connection.resume()
                    }
                }
                return handler
            }) { server in
                let paused = try RawPeer(to: server.address)
                try await paused.send(RawPeer.request("/paused"))
                _ = try await paused.head()
                let other = try await RawPeer.open(server.address)
                try await paused.send((0..<20).flatMap { RawPeer.frame(0x81, Array("\($0)".utf8)) })
                #expect(await eventually { texts.count == 2 })
                let connection = try #require(connections.all.first)
                for round in 0..<12 where texts.count < 20 {
                    try await other.send(RawPeer.frame(0x81, Array("round \(round)".utf8)))
                    #expect(try await other.frame().text == "round \(round)")
                    if !resumesInside {
                        let before = texts.count
                        await connection.loop.run { connection.resume() }
                        #expect(texts.count > before)
                    }
                }
                #expect(texts.all == (0..<20).map(String.init))
            }
        }
    }
}
