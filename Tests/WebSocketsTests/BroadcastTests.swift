import Sockets
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("Messages to all")
    struct BroadcastTests {
        @Test(
            "every connection of every loop gets each message once, and in the order of one sender", arguments: [1, 3])
        func all(loops: Int) async throws {
            let broadcast = BroadcastHandler()
            try await TestServer.with {
                $0.loops = loops
            } handler: { _ in
                broadcast
            } _: { server in
                var peers: [RawPeer] = []
                for _ in 0..<30 { peers.append(try await RawPeer.open(server.address)) }
                let sizes = [0, 1, 125, 126, 65_535, 65_536, 200_000]
                for size in sizes { try await peers[0].send(RawPeer.frame(0x82, pattern(size)), reading: true) }
                for peer in peers {
                    for size in sizes {
                        let frame = try await peer.frame()
                        #expect(frame.first == 0x82 && frame.payload == pattern(size), "\(size) bytes")
                    }
                }
                // Those who have left are sent nothing, and keep nobody.
                for peer in peers.dropFirst(2) { peer.reset() }
                #expect(await eventually { server.outcomes.count == 28 })
                try await peers[1].send(RawPeer.frame(0x81, Array("both".utf8)))
                for peer in peers.prefix(2) { #expect(try await peer.frame().text == "both") }
            }
        }

        @Test("who does not read is told 1013, and the others go on")
        func slowReader() async throws {
            let broadcast = BroadcastHandler()
            try await TestServer.with {
                $0.limits.sendBufferBytes = 1 << 18
            } handler: { _ in
                broadcast
            } _: { server in
                let slow = try await RawPeer.open(server.address, receiveBuffer: 1 << 16)
                let sender = try await RawPeer.open(server.address)
                let message = pattern(1 << 18)
                // Until more waits than the kernel and the send buffer hold: sixty of these are 15 MiB.
                for _ in 0..<60 {
                    try await sender.send(RawPeer.frame(0x82, message), reading: true)
                    #expect(try await sender.frame().payload.count == message.count)
                }
                var closeCode: Int?
                _ = await eventually {
                    slow.read()
                    while let frame = slow.takeFrame() {
                        closeCode = closeCode ?? frame.closeCode
                        #expect(frame.closeCode != nil || frame.payload == message)
                    }
                    return closeCode != nil || slow.end != .open
                }
                #expect(closeCode == 1013)
            }
        }

        @Test("what was sent before stays before, in the cork or behind a peer that reads slowly")
        func order() async throws {
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onMessage = { connection, _, _ in
                    connection.send("1")
                    connection.send(FramedMessage("2"))
                    connection.ping()
                    connection.send(FramedMessage(.binary, pattern(300_000).span.bytes))
                    connection.send(FramedMessage("3"))
                    connection.send("4")
                }
                return handler
            }) { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 4096)
                try await peer.send(RawPeer.frame(0x81, [0x61]))
                #expect(try await peer.frame().text == "1")
                #expect(try await peer.frame().text == "2")
                #expect(try await peer.frame().first == 0x89)
                #expect(try await peer.frame().payload == pattern(300_000))
                #expect(try await peer.frame().text == "3")
                #expect(try await peer.frame().text == "4")
            }
        }

        @Test("after a Close frame, between fragments, from a client and with compression")
        func states() async throws {
            let outcomes = Collected<SendOutcome>()
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onMessage = { connection, _, bytes in
                    let message = FramedMessage("\(bytes.text), \(bytes.text), \(String(repeating: "a", count: 200))")
                    connection.sendFragment(.text, isFinal: false, [UInt8(0x61)].span.bytes)
                    outcomes.append(connection.send(message))
                    connection.sendFragment(.continuation, isFinal: true, [UInt8(0x62)].span.bytes)
                    outcomes.append(connection.send(message))
                    connection.close()
                    outcomes.append(connection.send(message))
                }
                return handler
            }) { server in
                var configuration = ClientConfiguration()
                configuration.compression = .contextTakeover
                let client = try await WebSocketClient.connect(to: server.server.url, configuration)
                #expect(client.compression != nil)
                await client.connection.loop.run { [connection = client.connection] in
                    #expect(connection.send(FramedMessage("c")) == .accepted)
                }
                let first = await client.receive()
                let outcome = await client.outcome
                #expect(first?.text == "ab", "\(String(describing: outcome))")
                #expect(await client.receive()?.text == "c, c, \(String(repeating: "a", count: 200))")
                #expect(await client.receive() == nil)
                #expect(outcomes.all == [.closed, .accepted, .closed])
            }
        }
    }
}
