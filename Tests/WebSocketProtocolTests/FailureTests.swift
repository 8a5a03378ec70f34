import Testing

@testable import WebSocketProtocol

struct FailureCase: Sendable, CustomTestStringConvertible {
    var role: Role
    var bytes: [UInt8]
    var reason: ProtocolFailure.Reason
    var testDescription: String { "\(role) \(bytes.prefix(12)): \(reason)" }

    init(_ role: Role, _ bytes: [UInt8], _ reason: ProtocolFailure.Reason) {
        self.role = role
        self.bytes = bytes
        self.reason = reason
    }
}

@Suite("RFC 6455, section 7.1.7: failing the connection")
struct FailureTests {
    static let cases: [FailureCase] = [
        .init(.server, [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], .unmaskedFrame),
        .init(.server, [0x81, 0x00], .unmaskedFrame),
        .init(.client, [0x81, 0x85, 0, 0, 0, 0, 0x48, 0x65, 0x6c, 0x6c, 0x6f], .maskedFrame),
        .init(.server, [0xC1, 0x80, 0, 0, 0, 0], .reservedBits),
        .init(.server, [0xA1, 0x80, 0, 0, 0, 0], .reservedBits),
        .init(.server, [0x91, 0x80, 0, 0, 0, 0], .reservedBits),
        .init(.client, [0xF2, 0x00], .reservedBits),
        .init(.server, [0x83, 0x80, 0, 0, 0, 0], .unknownOpcode(Opcode(rawValue: 3))),
        .init(.server, [0x87, 0x80, 0, 0, 0, 0], .unknownOpcode(Opcode(rawValue: 7))),
        .init(.server, [0x8B, 0x80, 0, 0, 0, 0], .unknownOpcode(Opcode(rawValue: 11))),
        .init(.client, [0x8F, 0x00], .unknownOpcode(Opcode(rawValue: 15))),
        .init(.server, [0x09, 0x80, 0, 0, 0, 0], .fragmentedControl),
        .init(.server, [0x0A, 0x80, 0, 0, 0, 0], .fragmentedControl),
        .init(.server, [0x08, 0x80, 0, 0, 0, 0], .fragmentedControl),
        .init(.server, [0x89, 0xFE, 0x00, 0x7E, 0, 0, 0, 0], .oversizeControl),
        .init(.client, [0x89, 0x7E, 0x00, 0x7E], .oversizeControl),
        .init(.client, [0x88, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], .oversizeControl),
        .init(.server, [0x80, 0x80, 0, 0, 0, 0], .unexpectedContinuation),
        .init(.server, [0x00, 0x81, 0, 0, 0, 0, 1], .unexpectedContinuation),
        .init(.server, masked(0x01, [0x61]) + masked(0x81, [0x62]), .expectedContinuation),
        .init(.server, masked(0x02, []) + masked(0x02, []), .expectedContinuation),
        .init(.server, masked(0x88, [0x03]), .truncatedClose),
        .init(.server, masked(0x88, [0x03, 0xE8, 0xC3]), .invalidUTF8),
        .init(.server, masked(0x88, [0x03, 0xE8, 0x61, 0xFF]), .invalidUTF8),
        .init(.server, masked(0x81, [0x61, 0xFF]), .invalidUTF8),
        .init(.server, masked(0x81, [0xC3]), .invalidUTF8),
        .init(.server, masked(0x01, [0xC3]) + masked(0x80, []), .invalidUTF8),
    ]

    @Test("breaks of the protocol, however cut, answered with a Close and silence", arguments: cases)
    func failure(_ failing: FailureCase) {
        let failure = ProtocolFailure(failing.reason)
        // What follows is discarded, even if it would be valid.
        let after = failing.role == .server ? masked(0x81, [0x61]) : unmasked(0x81, [0x61])
        expect(
            failing.bytes + after, role: failing.role, give: [.failure(failing.reason)],
            replies: failing.role == .server ? failureClose(failing.reason) : nil, state: .failed(failure))
    }

    @Test("the second byte suffices for what it decides", arguments: cases.prefix(19))
    func early(_ failing: FailureCase) {
        #expect(
            outcome(of: [Array(failing.bytes[..<2])], role: failing.role).events == [.failure(failing.reason)])
        #expect(
            outcome(of: [[failing.bytes[0]], [failing.bytes[1]]], role: failing.role).events
                == [.failure(failing.reason)])
        #expect(outcome(of: [[failing.bytes[0]]], role: failing.role).events == [])
    }

    @Test("a client's Close is masked")
    func maskedClose() {
        let result = outcome(of: [[0xC1, 0x00]], role: .client)
        #expect(
            result.replies.prefix(8) == [0x88, result.replies[1], 0x37, 0xFA, 0x21, 0x3D, 0x03 ^ 0x37, 0xEA ^ 0xFA])
        #expect(result.replies[1] & 0x80 != 0)
        #expect(result.replies.count == 6 + Int(result.replies[1] & 0x7F))
    }

    @Test("after our own Close no second one is sent")
    func afterClose() {
        expect([0xC1, 0x80, 0, 0, 0, 0], give: [.failure(.reservedBits)], replies: []) { machine in
            var output = ByteQueue()
            #expect(machine.appendClose(.goingAway, into: &output))
        }
    }

    @Test("nothing can be sent and the end of the stream is no news")
    func afterFailure() {
        var machine = WebSocketMachine(role: .server)
        var outcome = Outcome()
        feed([0xC1, 0x80], to: &machine, &outcome)
        var output = ByteQueue()
        #expect(!machine.appendMessage(.text, [0x61], into: &output))
        #expect(!machine.appendPing([UInt8](), into: &output))
        #expect(!machine.appendClose(.normalClosure, into: &output))
        #expect(array(output) == [])
        #expect(machine.receivedEndOfStream() == nil)
        #expect(machine.state == .failed(ProtocolFailure(.reservedBits)))
    }

    @Test("every description fits a close reason and names its section", arguments: cases)
    func descriptions(_ failing: FailureCase) {
        let description = ProtocolFailure(failing.reason).description
        #expect(description.utf8.count <= 123)
        #expect(description.contains("section"))
    }

    @Test(
        "each kind has its code",
        arguments: [
            (.invalidUTF8, 1007), (.frameTooBig(limit: 1), 1009), (.messageTooBig(limit: 1), 1009),
            (.reservedBits, 1002), (.truncatedClose, 1002),
        ] as [(ProtocolFailure.Reason, UInt16)])
    func codes(kind: ProtocolFailure.Reason, code: UInt16) {
        #expect(ProtocolFailure(kind).code.rawValue == code)
    }
}

@Suite("RFC 6455, section 10.4: limits")
struct LimitTests {
    static let limits = MessageLimits(maximumFrameBytes: 200, maximumMessageBytes: 300)

    @Test("a frame at the limit passes, one beyond fails from its header alone")
    func frame() {
        let payload = [UInt8](repeating: 7, count: 200)
        expect(masked(0x82, payload), limits: Self.limits, give: [.binary(payload)])
        let header: [UInt8] = [0x82, 0xFE, 0x00, 201, 0, 0, 0, 0]
        expect(header, limits: Self.limits, give: [.failure(.frameTooBig(limit: 200))])
    }

    @Test("fragments at the message limit pass, one byte more fails from its header alone")
    func message() {
        let half = [UInt8](repeating: 7, count: 150)
        expect(masked(0x02, half) + masked(0x80, half), limits: Self.limits, give: [.binary(half + half)])
        expect(
            masked(0x02, half) + [0x80, 0xFE, 0x00, 151, 0, 0, 0, 0], limits: Self.limits,
            give: [.failure(.messageTooBig(limit: 300))],
            replies: failureClose(.messageTooBig(limit: 300)))
        // The limit starts anew with each message.
        expect(
            masked(0x02, half) + masked(0x80, half) + masked(0x82, half), limits: Self.limits,
            give: [.binary(half + half), .binary(half)])
    }

    @Test("the message limit binds a single frame too")
    func single() {
        let limits = MessageLimits(maximumFrameBytes: 1000, maximumMessageBytes: 10)
        expect([0x82, 0x8B, 0, 0, 0, 0], limits: limits, give: [.failure(.messageTooBig(limit: 10))])
        let beyond = masked(0x82, [UInt8](repeating: 1, count: 11))
        expect(beyond, limits: limits, give: [.failure(.messageTooBig(limit: 10))])
        let narrow = MessageLimits(maximumFrameBytes: 10, maximumMessageBytes: 1000)
        expect(beyond, limits: narrow, give: [.failure(.frameTooBig(limit: 10))])
        expect(
            masked(0x89, [UInt8](repeating: 1, count: 20)), limits: limits,
            give: [.ping([UInt8](repeating: 1, count: 20))])
    }

    @Test("a header's claim allocates nothing; the buffer grows with what arrives")
    func claim() {
        var machine = WebSocketMachine(role: .server)
        var outcome = Outcome()
        feed([0x82, 0xFF, 0, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0, 0], to: &machine, &outcome)
        #expect(machine.bufferedCapacity == 0)
        feed([UInt8](repeating: 0, count: 1000), to: &machine, &outcome)
        #expect(machine.bufferedCapacity >= 1000 && machine.bufferedCapacity <= 2048)
        #expect(outcome.events == [])
        #expect(machine.receivedEndOfStream() == .close(.abnormalClosure, reason: ""))
        #expect(machine.bufferedCapacity == 0)
    }

    @Test("an idle machine is small")
    func idleSize() {
        #expect(MemoryLayout<WebSocketMachine>.size <= 224)
    }
}
