import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("RFC 7692, section 7.2: compressed messages")
struct DeflateTests {
    private static func agreement(
        takeover: Bool = true, localBits: Int = 15, remoteBits: Int = 15, minimumBytes: Int = 0
    ) -> DeflateAgreement {
        DeflateAgreement(
            localContextTakeover: takeover, remoteContextTakeover: takeover, localWindowBits: localBits,
            remoteWindowBits: remoteBits, level: 6, memoryLevel: 8, minimumBytes: minimumBytes)
    }

    private let both = agreement()

    // The examples of section 7.2.3, as a server sends them.

    @Test("one frame, section 7.2.3.1")
    func oneFrame() {
        expect(
            [0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], role: .client, deflate: both,
            give: [.text("Hello")])
    }

    @Test("two fragments, section 7.2.3.1")
    func fragments() {
        expect(
            [0x41, 0x03, 0xF2, 0x48, 0xCD, 0x80, 0x04, 0xC9, 0xC9, 0x07, 0x00], role: .client, deflate: both,
            give: [.text("Hello")])
    }

    @Test("a Ping between the fragments")
    func controlBetween() {
        expect(
            [0x41, 0x03, 0xF2, 0x48, 0xCD, 0x89, 0x01, 0x70, 0x80, 0x04, 0xC9, 0xC9, 0x07, 0x00], role: .client,
            deflate: both, give: [.ping([0x70]), .text("Hello")])
    }

    @Test("a second message that refers to the first, section 7.2.3.2")
    func sharedWindow() {
        expect(
            [0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xC1, 0x05, 0xF2, 0x00, 0x11, 0x00, 0x00],
            role: .client, deflate: both, give: [.text("Hello"), .text("Hello")])
    }

    @Test("the same without context takeover refers to what is not there")
    func forgottenWindow() {
        expect(
            [0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xC1, 0x05, 0xF2, 0x00, 0x11, 0x00, 0x00],
            role: .client, deflate: Self.agreement(takeover: false),
            give: [.text("Hello"), .failure(.invalidCompression)])
    }

    @Test("a block without compression, section 7.2.3.3")
    func storedBlock() {
        expect(
            [0xC1, 0x0B, 0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], role: .client,
            deflate: both, give: [.text("Hello")])
    }

    @Test("a final block, section 7.2.3.4, and a message after it")
    func finalBlock() {
        expect(
            [
                0xC1, 0x08, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00,
                0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00,
            ], role: .client, deflate: both, give: [.text("Hello"), .text("Hello")])
    }

    @Test("two blocks in one message, section 7.2.3.5")
    func twoBlocks() {
        expect(
            [0xC1, 0x0D, 0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
            role: .client, deflate: both, give: [.text("Hello")])
    }

    @Test("an empty message, section 7.2.3.6")
    func empty() {
        expect([0xC1, 0x01, 0x00], role: .client, deflate: both, give: [.text("")])
    }

    @Test("an uncompressed message between compressed ones")
    func uncompressed() {
        expect(
            [0x81, 0x02, 0x48, 0x69, 0xC1, 0x01, 0x00], role: .client, deflate: both, give: [.text("Hi"), .text("")])
    }

    // Section 6: where RSV1 may stand.

    @Test(
        "RSV1 without agreement, on a continuation, on a control frame; RSV2 always",
        arguments: [
            ([0xC1, 0x01, 0x00], nil),
            ([0x41, 0x03, 0xF2, 0x48, 0xCD, 0xC0, 0x04, 0xC9, 0xC9, 0x07, 0x00], agreement()),
            ([0xC9, 0x00], agreement()),
            ([0xC8, 0x00], agreement()),
            ([0xA1, 0x00], agreement()),
        ] as [([UInt8], DeflateAgreement?)])
    func reservedBits(bytes: [UInt8], deflate: DeflateAgreement?) {
        expect(bytes, role: .client, deflate: deflate, give: [.failure(.reservedBits)])
    }

    @Test(
        "what does not decompress fails with 1007",
        arguments: [[0xC1, 0x01, 0xFF], [0xC2, 0x03, 0x07, 0xFF, 0xFF]] as [[UInt8]])
    func garbage(bytes: [UInt8]) {
        expect(bytes, role: .client, deflate: both, give: [.failure(.invalidCompression)])
        #expect(ProtocolFailure(.invalidCompression).code == .invalidPayload)
    }

    /// Each would otherwise be delivered with its end missing or made up, and the next message be read as its rest.
    @Test(
        "a message that ends within a block fails with 1007",
        arguments: [
            // "Hello" without its last byte, and without its last two.
            [0xC1, 0x06, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07], [0xC1, 0x05, 0xF2, 0x48, 0xCD, 0xC9, 0xC9],
            // A block without compression that announces 4 bytes, or 5, and has none of them, or 1.
            [0xC2, 0x05, 0x00, 0x04, 0x00, 0xFB, 0xFF], [0xC2, 0x06, 0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48],
            // The same as final blocks.
            [0xC2, 0x05, 0x01, 0x04, 0x00, 0xFB, 0xFF], [0xC2, 0x06, 0x01, 0x05, 0x00, 0xFA, 0xFF, 0x48],
            // Half a block's header.
            [0xC1, 0x02, 0x04, 0x00],
        ] as [[UInt8]])
    func cutShort(bytes: [UInt8]) {
        for takeover in [true, false] {
            expect(
                bytes, role: .client, deflate: Self.agreement(takeover: takeover),
                give: [.failure(.invalidCompression)])
        }
    }

    @Test("short messages have a compressor of their own, whose window is never larger than agreed", arguments: 8...15)
    func shortMessages(windowBits: Int) throws {
        let agreement = DeflateAgreement(
            localContextTakeover: false, remoteContextTakeover: false, localWindowBits: windowBits,
            remoteWindowBits: windowBits, level: 1, memoryLevel: 8, minimumBytes: 0)
        let contexts = DeflateContexts()
        let bound = DeflateContexts.shortMessageBytes
        #expect(
            contexts.deflater(for: agreement, messageBytes: bound)
                !== contexts.deflater(for: agreement, messageBytes: bound + 1))
        for count in [1, bound, bound + 1, bound, 3 * bound] {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
            var compressed = ByteQueue()
            var decompressed = ByteQueue()
            message.withUnsafeBytes {
                contexts.deflater(for: agreement, messageBytes: count).compress(
                    $0, keepsContext: false, into: &compressed)
            }
            // The peer's window is the one that was agreed upon.
            let outcome = compressed.withUnsafeBytes {
                Inflater(windowBits: windowBits).decompress(
                    $0, limit: count, keepsContext: false, into: &decompressed)
            }
            #expect(outcome == .complete && array(decompressed) == message, "\(count) bytes")
        }
    }

    @Test("a final block with nothing after it, or an empty payload, leaves the context as it should be")
    func nothingAfterFinalBlock() {
        expect(
            [
                0xC1, 0x07, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00,
                0xC1, 0x00,
                0xC1, 0x05, 0xF2, 0x00, 0x11, 0x00, 0x00,
            ], role: .client, deflate: both, give: [.text("Hello"), .text(""), .text("Hello")])
    }

    @Test("final blocks without end cost a peer its connection, not the server its time")
    func finalBlocks() {
        let blocks = Array(repeatElement([0x03, 0x00] as [UInt8], count: 100_000).joined())
        expect(
            [0xC2, 0x7F, 0, 0, 0, 0, 0x00, 0x03, 0x0D, 0x40] + blocks, role: .client, deflate: both,
            give: [.failure(.invalidCompression)])
    }

    @Test("a limit as large as numbers go does not trap")
    func hugeLimit() {
        expect(
            [0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], role: .client,
            limits: MessageLimits(maximumFrameBytes: .max, maximumMessageBytes: .max), deflate: both,
            give: [.text("Hello")])
    }

    @Test("text is validated after it is decompressed")
    func invalidText() {
        var frame = ByteQueue()
        compressed([0x48, 0xFF], .text, into: &frame)
        expect(array(frame), role: .client, deflate: both, give: [.failure(.invalidUTF8)])
    }

    // Limits.

    @Test("a bomb is stopped at the message limit, in bounded memory")
    func bomb() {
        var frame = ByteQueue()
        compressed(Array(repeating: 0, count: 8 << 20), .binary, into: &frame)
        #expect(frame.count < 10_000)
        var machine = WebSocketMachine(
            role: .client, limits: MessageLimits(maximumFrameBytes: 1 << 20, maximumMessageBytes: 1 << 20),
            maskingKeys: fixedKeys(), deflate: both)
        var result = Outcome()
        feed(array(frame), to: &machine, &result)
        #expect(result.events == [.failure(.messageTooBig(limit: 1 << 20))])
        #expect(result.bufferedCapacity == 0)
    }

    @Test("a message of exactly the limit passes, one more byte does not", arguments: [0, 1])
    func exactLimit(excess: Int) {
        let limits = MessageLimits(maximumFrameBytes: 5000, maximumMessageBytes: 5000)
        let message = [UInt8](repeating: 0x61, count: 5000 + excess)
        var frame = ByteQueue()
        compressed(message, .binary, into: &frame)
        expect(
            array(frame), role: .client, limits: limits, deflate: both,
            give: excess == 0 ? [.binary(message)] : [.failure(.messageTooBig(limit: 5000))])
    }

    // Both ends.

    private func compressed(_ message: [UInt8], _ kind: MessageKind, into output: inout ByteQueue) {
        var sender = WebSocketMachine(role: .server, deflate: both)
        #expect(sender.appendMessage(kind, message.span.bytes, into: &output))
    }

    /// Messages that compress well, badly and not at all.
    private static func messages() -> [[UInt8]] {
        var generator = SeededGenerator(seed: 7)
        let json = Array(#"{"type":"tick","id":12345,"value":0.5,"name":"watertight"}"#.utf8)
        var noise: [UInt8] = []
        for _ in 0..<70_000 { noise.append(UInt8(truncatingIfNeeded: generator.next())) }
        return [[], [0x61], json, json + json, Array(repeating: 0x41, count: 100_000), noise, json, []]
    }

    private struct SplitMix {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    @Test("what one end compresses the other decompresses", arguments: [8, 9, 10, 12, 15], [true, false])
    func roundTrip(bits: Int, takeover: Bool) {
        for (from, to) in [(Role.client, Role.server), (.server, .client)] {
            let agreement = Self.agreement(takeover: takeover, localBits: bits, remoteBits: bits)
            var sender = WebSocketMachine(role: from, maskingKeys: fixedKeys(), deflate: agreement)
            var receiver = WebSocketMachine(role: to, maskingKeys: fixedKeys(), deflate: agreement)
            for message in Self.messages() {
                var wire = ByteQueue()
                #expect(sender.appendMessage(.binary, message.span.bytes, into: &wire))
                var result = Outcome()
                let bytes = array(wire)
                feed(Array(bytes.prefix(bytes.count / 2)), to: &receiver, &result)
                feed(Array(bytes.suffix(from: bytes.count / 2)), to: &receiver, &result)
                #expect(result.events == [.binary(message)], "\(message.count) bytes at \(bits) bits")
            }
        }
    }

    @Test("machines that share their contexts do not disturb each other")
    func sharedContexts() {
        let contexts = DeflateContexts()
        let agreement = Self.agreement(takeover: false)
        var one = WebSocketMachine(role: .client, maskingKeys: fixedKeys(), deflate: agreement, contexts: contexts)
        var other = WebSocketMachine(role: .client, maskingKeys: fixedKeys(), deflate: agreement, contexts: contexts)
        var results = (Outcome(), Outcome())
        // Each byte of one's message is followed by the same byte of the other's.
        for byte in [0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00] as [UInt8] {
            feed([byte], to: &one, &results.0)
            feed([byte], to: &other, &results.1)
        }
        #expect(results.0.events == [.text("Hello")])
        #expect(results.1.events == [.text("Hello")])
    }

    @Test("messages below the least size are sent as they are")
    func leastSize() {
        var sender = WebSocketMachine(role: .server, deflate: Self.agreement(minimumBytes: 4))
        var output = ByteQueue()
        #expect(sender.appendMessage(.text, Array("abc".utf8).span.bytes, into: &output))
        #expect(array(output) == [0x81, 0x03, 0x61, 0x62, 0x63])
        output.removeAll()
        #expect(sender.appendMessage(.text, Array("abcd".utf8).span.bytes, into: &output))
        #expect(array(output).first == 0xC1)
    }
}
