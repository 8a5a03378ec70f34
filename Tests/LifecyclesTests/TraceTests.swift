import Lifecycles
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

@Suite("A trace")
struct TraceTests {
    private func meanings(_ chunks: [[UInt8]]) -> [String] {
        var reader = TraceReader()
        return chunks.flatMap { reader.read($0) }.map(\.meaning)
    }

    private static let upgrade = Array("HTTP/1.1 101 Switching Protocols\r\n\r\n".utf8)

    @Test(
        "frames are told by their headers (RFC 6455, sections 5.2 and 5.7)",
        arguments: [
            ([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], "text, 5 bytes: Hello"),
            ([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], "text, 5 bytes, masked: Hello"),
            ([0x01, 0x03, 0x48, 0x65, 0x6C], "text, not final, 3 bytes: Hel"),
            ([0x89, 0x00], "Ping, 0 bytes"), ([0x88, 0x05, 0x03, 0xE8, 0x62, 0x79, 0x65], "Close, 5 bytes: 1000 bye"),
            ([0xC1, 0x01, 0x00], "text, RSV1, 1 bytes"), ([0x82, 0x02, 0x00, 0xFF], "binary, 2 bytes"),
            ([0x83, 0x00], "opcode 3, 0 bytes"), ([0x81, 0x01, 0x1B], "text, 1 bytes: \\u{1b}"),
            ([0x81, 0x7E, 0x00, 0x01], "no frame: the length is not in its shortest form (RFC 6455, section 5.2)"),
        ] as [([UInt8], String)])
    func frames(bytes: [UInt8], meaning: String) {
        let told = meanings([Self.upgrade, bytes]).dropFirst()
        #expect(told.count == 1)
        if meaning.hasPrefix("no frame") {
            #expect(told.first?.hasPrefix("no frame: ") == true)
        } else {
            #expect(told.first == meaning)
        }
    }

    @Test("no byte is lost, however they are cut")
    func cuts() {
        let all =
            Self.upgrade + [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x89, 0x00, 0x82, 0x7E, 0x00, 0x80]
            + [UInt8](repeating: 7, count: 128)
        for size in [1, 2, 3, 7, 50, 1000] {
            var reader = TraceReader()
            let pieces = stride(from: 0, to: all.count, by: size).flatMap {
                reader.read(Array(all[$0..<min($0 + size, all.count)]))
            }
            #expect(pieces.flatMap(\.bytes) == all)
        }
    }

    @Test("an answer that is no upgrade is text to its end, and a frame without a request is none")
    func others() {
        #expect(
            meanings([Array("HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nno\u{1b} page".utf8)]) == [
                "HTTP/1.1 404 Not Found\nA: b\n\n", "no\\u{1b} page",
            ])
        #expect(meanings([Array("POST / HTTP/1.1\r\n\r\n".utf8), Array("hello".utf8)]).last == "hello")
        #expect(
            meanings([Array("GET / HTTP/1.1\r\n\r\n".utf8) + [0x89, 0x80, 0, 0, 0, 0]]).last == "Ping, 0 bytes, masked")
    }

    private func pieces(_ kinds: [TraceEvent.Kind], areSent: Bool) -> [TracePiece] {
        var reader = TraceReader()
        var pieces: [TracePiece] = []
        for kind in kinds {
            switch kind {
            case .sent(let bytes) where areSent: pieces += reader.read(bytes)
            case .received(let bytes) where !areSent: pieces += reader.read(bytes)
            default: continue
            }
        }
        return pieces
    }

    @Test("what a peer does and sees is told in order, every octet of it")
    func peer() async throws {
        let echo = EchoHandler()
        let server = try await WebSocketServer.start(.patient) { _ in echo }
        let driver = try PeerDriver()
        let script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
        let events = Locked<[TraceEvent]>([])
        let load = PeerDriver.Load(
            connections: 2, concurrency: 1, trace: { event in events.withLock { $0.append(event) } })
        _ = await driver.drive(.fin, script, load)
        driver.stop()
        await server.shutdownNow()
        for connection in 1...2 {
            let kinds = events.withLock { $0.filter { $0.connection == connection } }.map(\.kind)
            let steps = kinds.compactMap { if case .step(let step) = $0 { step } else { nil } }
            #expect(steps == ["request", "await upgrade", "messages 1", "await replies 1", "fin"])
            #expect(kinds.first == .connected && kinds.last == .ended(problem: nil))
            let (sent, received) = (pieces(kinds, areSent: true), pieces(kinds, areSent: false))
            #expect(sent.last?.meaning == "text, 10 bytes, masked: watertight")
            #expect(received.flatMap(\.bytes).suffix(12) == [0x81, 10] + Array("watertight".utf8))
        }
    }
}
