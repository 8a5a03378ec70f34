import TestSupport
import Testing

@testable import WebSocketProtocol

/// Seeded, so that what fails once fails again. A trap ends the test run: that is the check.
@Suite("Any input: no trap, the same outcome however cut")
struct GarbageTests {
    static let seeds: Range<UInt64> = 1..<9

    /// Bytes that come near to being frames, so that the deeper paths are reached.
    static func frames(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let first: UInt8 = [0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8A, 0x81, 0xC1, 0x83].randomElement(
                using: &generator)!
            let count = [0, 1, 2, 3, 4, 5, 33, 125, 126, 300].randomElement(using: &generator)!
            let payload: [UInt8] = (0..<count).map { _ in
                Int.random(in: 0..<60, using: &generator) == 0
                    ? (generator.next() as UInt8) : UInt8.random(in: 32...126, using: &generator)
            }
            bytes += masked(first, payload)
        }
        if Int.random(in: 0..<3, using: &generator) == 0, let place = bytes.indices.randomElement(using: &generator) {
            bytes[place] = generator.next() as UInt8
        }
        return bytes
    }

    @Test("frames, near-frames and noise", arguments: seeds)
    func machine(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limits = MessageLimits(maximumFrameBytes: 310, maximumMessageBytes: 500)
        for round in 0..<300 {
            let bytes =
                round % 3 == 0
                ? (0..<Int.random(in: 1...80, using: &generator)).map { _ in generator.next() as UInt8 }
                : Self.frames(using: &generator)
            let role: Role = round % 7 == 0 ? .client : .server
            var whole = outcome(of: [bytes], role: role, limits: limits)
            var cut = outcome(of: pieces(of: bytes, using: &generator), role: role, limits: limits)
            #expect(cut.bufferedCapacity <= 2048 && whole.bufferedCapacity <= 2048)
            (whole.bufferedCapacity, cut.bufferedCapacity) = (0, 0)
            guard whole == cut else {
                Issue.record("seed \(seed), round \(round): \(bytes)")
                return
            }
        }
    }

    @Test("requests, near-requests and noise", arguments: seeds)
    func request(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let model = Array(
            ("GET /chat?a=%20b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").utf8)
        var accepted = 0
        for _ in 0..<300 {
            var bytes = model
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = bytes.indices.randomElement(using: &generator)!
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = generator.next() as UInt8
                case 1: bytes.remove(at: place)
                default: bytes.insert([13, 10, 32, 58, 0, 9].randomElement(using: &generator)!, at: place)
                }
            }
            let whole = readRequest([bytes])
            let cut = readRequest(pieces(of: bytes, using: &generator))
            #expect(whole.head == cut.head && whole.failure == cut.failure && whole.left == cut.left)
            guard let head = whole.head else { continue }
            _ = (head.path, head.queryItems, head.host)
            if case .upgrade = ServerHandshake.evaluate(head) { accepted += 1 }
        }
        #expect(accepted > 30, "the untouched ones at least")
    }

    @Test("responses and URLs out of noise", arguments: seeds)
    func responseAndURL(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var bytes = Array("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n".utf8)
            bytes[bytes.indices.randomElement(using: &generator)!] = generator.next() as UInt8
            var parser = ResponseHeadParser()
            var position = 0
            _ = parser.receive(bytes.span.bytes, at: &position)
            #expect(position <= bytes.count)
            var text = Array("ws://[::1]:80/a?b".utf8)
            text[text.indices.randomElement(using: &generator)!] = generator.next() as UInt8
            _ = try? WebSocketURL(String(decoding: text, as: UTF8.self))
        }
    }
}
