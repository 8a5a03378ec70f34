import Testing

@testable import WebSocketProtocol

private let hello = Array("Hello".utf8)

@Suite("RFC 6455, section 5.7: the examples")
struct FrameExamplesTests {
    @Test("a single-frame unmasked text message")
    func unmaskedText() {
        expect([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], role: .client, give: [.text("Hello")])
    }

    @Test("a single-frame masked text message")
    func maskedText() {
        expect([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], give: [.text("Hello")])
    }

    @Test("a fragmented unmasked text message")
    func fragmentedText() {
        expect(
            [0x01, 0x03, 0x48, 0x65, 0x6c] + [0x80, 0x02, 0x6c, 0x6f], role: .client, give: [.text("Hello")])
    }

    @Test("an unmasked Ping request and its masked Pong")
    func ping() {
        expect(
            [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], role: .client, give: [.ping(hello)],
            replies: [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    }

    @Test("a masked Pong response")
    func pong() {
        expect(
            [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], give: [.pong(hello)], replies: [])
    }

    @Test(
        "256 bytes and 64 KiB of binary, unmasked",
        arguments: [([0x82, 0x7E, 0x01, 0x00] as [UInt8], 256), ([0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], 65536)])
    func longBinary(header: [UInt8], count: Int) {
        let payload = (0..<count).map { UInt8($0 % 251) }
        expect(header + payload, role: .client, give: [.binary(payload)])
    }
}

@Suite("RFC 6455, section 5.2: payload lengths")
struct PayloadLengthTests {
    static let boundaries: [(Int, [UInt8])] = [
        (0, [0x00]), (1, [0x01]), (124, [0x7C]), (125, [0x7D]), (126, [0x7E, 0x00, 0x7E]), (127, [0x7E, 0x00, 0x7F]),
        (65535, [0x7E, 0xFF, 0xFF]), (65536, [0x7F, 0, 0, 0, 0, 0, 1, 0, 0]),
    ]

    @Test("every boundary is read and written alike", arguments: boundaries)
    func boundary(count: Int, length: [UInt8]) {
        let payload = (0..<count).map { UInt8($0 % 253) }
        expect([0x82] + length + payload, role: .client, give: [.binary(payload)])
        let masked = [0x82, length[0] | 0x80] + length.dropFirst() + [0, 0, 0, 0] + payload
        expect(masked, role: .server, give: [.binary(payload)])

        var machine = WebSocketMachine(role: .server)
        var output = ByteQueue()
        #expect(machine.appendMessage(.binary, payload, into: &output))
        #expect(array(output) == [0x82] + length + payload)
    }

    @Test(
        "an encoding that is not the shortest fails",
        arguments: [
            [0x82, 0x7E, 0x00, 0x00], [0x82, 0x7E, 0x00, 0x7D], [0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0, 0],
            [0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
        ] as [[UInt8]])
    func nonminimal(bytes: [UInt8]) {
        expect(bytes, role: .client, give: [.failure(.invalidLength(.nonminimal))])
    }

    @Test("the top bit of a 64-bit length fails, the greatest length exceeds the limit")
    func topBit() {
        let ones = [UInt8](repeating: 0xFF, count: 7)
        expect([0x82, 0x7F, 0x80] + ones, role: .client, give: [.failure(.invalidLength(.topBitSet))])
        expect([0x82, 0x7F, 0xFF] + ones, role: .client, give: [.failure(.invalidLength(.topBitSet))])
        expect([0x82, 0x7F, 0x7F] + ones, role: .client, give: [.failure(.frameTooBig(limit: 16 << 20))])
    }
}

@Suite("RFC 6455, section 5.2: frame headers as values")
struct FrameHeaderTests {
    static let cases: [(FrameHeader, [UInt8])] = [
        (FrameHeader(opcode: .text, payloadLength: 5), [0x81, 0x05]),
        (FrameHeader(fin: false, opcode: .binary, payloadLength: 0), [0x02, 0x00]),
        (FrameHeader(rsv1: true, opcode: .text, payloadLength: 1), [0xC1, 0x01]),
        (FrameHeader(rsv2: true, opcode: .ping, payloadLength: 1), [0xA9, 0x01]),
        (FrameHeader(rsv3: true, opcode: .close, payloadLength: 1), [0x98, 0x01]),
        (FrameHeader(opcode: Opcode(rawValue: 0xB), payloadLength: 126), [0x8B, 0x7E, 0x00, 0x7E]),
        (FrameHeader(opcode: .text, maskingKey: 0x3D21_FA37, payloadLength: 5), [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D]),
        (
            FrameHeader(opcode: .binary, maskingKey: 0x0403_0201, payloadLength: 0x1_0000),
            [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4]
        ),
    ]

    @Test("is written, and read back from any cut", arguments: cases)
    func roundTrip(header: FrameHeader, bytes: [UInt8]) throws {
        var output = ByteQueue()
        header.encode(into: &output)
        #expect(array(output) == bytes)
        #expect(header.encodedBytes == bytes.count)
        for pieces in cuts(of: bytes + [0xEE]) {
            var parser = FrameHeaderParser()
            var read: FrameHeader?
            var consumed = 0
            for piece in pieces where read == nil {
                var position = 0
                read = try parser.receive(piece.span.bytes, at: &position)
                consumed += position
            }
            #expect(read == header)
            #expect(consumed == bytes.count)
            #expect(parser.isEmpty)
        }
    }
}
