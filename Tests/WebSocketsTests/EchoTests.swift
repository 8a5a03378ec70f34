import Sockets
import Testing
import WebSocketProtocol

@testable import WebSockets

private let window = EventLoop.windowBytes
/// Around every encoding of a length and around the read window, with the header's bytes on either side of its end.
private let sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20] + ((window - 14)...(window + 14)).map { $0 }

extension OverTCP {
    @Suite("Messages over TCP")
    struct EchoTests {
        @Test("every size comes back whole, in both kinds, from both families", arguments: ["127.0.0.1", "::1"])
        func sizesFromClient(host: String) async throws {
            try await TestServer.with {
                $0.host = host
            } _: { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                for size in sizes {
                    let bytes = pattern(size)
                    try await client.send(bytes)
                    let binary = try #require(await client.receive())
                    #expect(binary.kind == .binary && binary.bytes == bytes, "\(size) bytes")
                    let text = String(decoding: letters(size), as: UTF8.self)
                    try await client.send(text)
                    let answer = try #require(await client.receive())
                    #expect(answer.kind == .text && answer.text == text, "\(size) letters")
                }
                #expect(await client.close() == CloseOutcome(.locallyClosed, code: .normalClosure))
                #expect(try await server.outcome() == CloseOutcome(.peerClosed, code: .normalClosure))
            }
        }

        @Test("all sizes pipelined in one write come back in order")
        func pipelined() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                var bytes: [UInt8] = []
                for size in sizes { bytes += RawPeer.frame(0x82, pattern(size)) }
                try await peer.send(bytes, reading: true)
                for size in sizes {
                    let frame = try await peer.frame()
                    #expect(frame.first == 0x82 && frame.payload == pattern(size), "\(size) bytes")
                }
            }
        }

        @Test("many small messages in one write")
        func manySmall() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                let count = 5000
                let bytes = (0..<count).flatMap { RawPeer.frame(0x81, Array("\($0)".utf8)) }
                try await peer.send(bytes, reading: true)
                for index in 0..<count { #expect(try await peer.frame().text == "\(index)") }
            }
        }

        @Test("a fragmented message with a Ping between its fragments")
        func fragments() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                try await peer.send(
                    RawPeer.frame(0x01, Array("Hel".utf8)) + RawPeer.frame(0x89, [7])
                        + RawPeer.frame(0x00, Array("lo ".utf8))
                        + RawPeer.frame(0x00) + RawPeer.frame(0x80, Array("wörld".utf8)))
                #expect(try await peer.frame() == RawFrame(first: 0x8A, payload: [7]))
                #expect(try await peer.frame() == RawFrame(first: 0x81, payload: Array("Hello wörld".utf8)))
            }
        }

        @Test("fragments are sent in order and refused out of order")
        func sendsFragments() async throws {
            let refused = Collected<SendOutcome>()
            try await TestServer.with(handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connection in
                    let (one, two): ([UInt8], [UInt8]) = ([1], [2])
                    refused.append(connection.sendFragment(.continuation, isFinal: true, one.span.bytes))
                    connection.sendFragment(.binary, isFinal: false, one.span.bytes)
                    refused.append(connection.send("between"))
                    connection.sendFragment(.continuation, isFinal: true, two.span.bytes)
                }
                return handler
            }) { server in
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame() == RawFrame(first: 0x02, payload: [1]))
                #expect(try await peer.frame() == RawFrame(first: 0x80, payload: [2]))
                #expect(refused.all == [.closed, .closed])
            }
        }

        @Test("a Ping is answered with its bytes; a Pong is taken in silence")
        func ping() async throws {
            try await TestServer.with { server in
                let peer = try await RawPeer.open(server.address)
                try await peer.send(RawPeer.frame(0x8A, [9]) + RawPeer.frame(0x89, pattern(125)) + RawPeer.frame(0x89))
                #expect(try await peer.frame() == RawFrame(first: 0x8A, payload: pattern(125)))
                #expect(try await peer.frame() == RawFrame(first: 0x8A, payload: []))
            }
        }

        @Test("the request, frames and a Close in one segment")
        func oneSegment() async throws {
            try await TestServer.with { server in
                let peer = try RawPeer(to: server.address)
                try await peer.send(
                    RawPeer.request() + RawPeer.frame(0x81, [0x68, 0x69]) + RawPeer.frame(0x82) + RawPeer.close(1000))
                #expect(try await peer.head().contains("Sec-WebSocket-Accept: \(RawPeer.accept)\r\n"))
                #expect(try await peer.frame() == RawFrame(first: 0x81, payload: [0x68, 0x69]))
                #expect(try await peer.frame() == RawFrame(first: 0x82, payload: []))
                #expect(try await peer.frame().closeCode == 1000)
                #expect(await peer.readToEnd() == .fin)
            }
        }

        @Test("everything one byte at a time")
        func byteByByte() async throws {
            try await TestServer.with { server in
                let peer = try RawPeer(to: server.address)
                for byte in RawPeer.request() + RawPeer.frame(0x81, letters(130)) + RawPeer.close(4000, "bye") {
                    try await peer.send([byte])
                }
                _ = try await peer.head()
                #expect(try await peer.frame().payload == letters(130))
                #expect(try await peer.frame().closeCode == 4000)
                #expect(await peer.readToEnd() == .fin)
                #expect(
                    try await server.outcome()
                        == CloseOutcome(.peerClosed, code: CloseCode(rawValue: 4000), reason: "bye"))
            }
        }
    }
}
