import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 7: the closing handshake")
struct ClosingTests {
    @Test(
        "the peer begins: answered with the same code, then silence",
        arguments: [1000, 1001, 1014, 3000, 4999] as [UInt16])
    func peerBegins(code: UInt16) {
        let wire = [UInt8(code >> 8), UInt8(code & 0xFF)]
        expect(
            masked(0x88, wire + Array("bye ä".utf8)) + masked(0x81, [0x61]) + [0xFF, 0xFF],
            give: [.close(CloseCode(rawValue: code), "bye ä")], replies: unmasked(0x88, wire),
            state: .closeReceived(CloseCode(rawValue: code)))
    }

    @Test("the peer begins without a code: answered without one")
    func withoutCode() {
        expect(
            masked(0x88, []), give: [.close(.noStatusReceived, "")], replies: [0x88, 0x00],
            state: .closeReceived(.noStatusReceived))
    }

    @Test("we begin: messages still arrive, Pings are not answered, the peer's Close completes it")
    func weBegin() {
        expect(
            masked(0x81, [0x61]) + masked(0x89, [1]) + masked(0x88, [0x03, 0xE9]) + masked(0x81, [0x62]),
            give: [.text("a"), .ping([1]), .close(.goingAway, "")], replies: [], state: .closeReceived(.goingAway)
        ) { machine in
            var output = ByteQueue()
            #expect(machine.appendClose(.normalClosure, reason: "done", into: &output))
            #expect(array(output) == [0x88, 0x06, 0x03, 0xE8] + Array("done".utf8))
            #expect(machine.state == .closeSent(.normalClosure))
            #expect(!machine.state.maySend && machine.state.mayReceive && !machine.state.isClosingHandshakeComplete)
            #expect(!machine.appendMessage(.text, [0x61], into: &output))
            #expect(!machine.appendFragment(opcode: .text, fin: false, [0x61], into: &output))
            #expect(!machine.appendPing([0x61], into: &output))
            #expect(!machine.appendPong([0x61], into: &output))
            #expect(!machine.appendClose(.normalClosure, into: &output))
            #expect(output.count == 8)
        }
    }

    @Test("a client does both the same, masked")
    func client() {
        expect(
            unmasked(0x88, [0x03, 0xE8]), role: .client, give: [.close(.normalClosure, "")],
            replies: [0x88, 0x82, 0x37, 0xFA, 0x21, 0x3D, 0x03 ^ 0x37, 0xE8 ^ 0xFA])
        expect(unmasked(0x88, []), role: .client, give: [.close(.noStatusReceived, "")], replies: []) { machine in
            var output = ByteQueue()
            #expect(machine.appendClose(nil, into: &output))
            #expect(array(output) == [0x88, 0x80, 0x37, 0xFA, 0x21, 0x3D])
            #expect(machine.state == .closeSent(.noStatusReceived))
        }
    }

    @Test("the stream's end without a Close is abnormal, once")
    func endOfStream() {
        for sendClose in [false, true] {
            var machine = WebSocketMachine(role: .server)
            var output = ByteQueue()
            if sendClose { #expect(machine.appendClose(.goingAway, into: &output)) }
            #expect(machine.receivedEndOfStream() == .close(.abnormalClosure, reason: ""))
            #expect(machine.state == .lost)
            #expect(machine.receivedEndOfStream() == nil)
            #expect(!machine.state.maySend && !machine.state.mayReceive)
            var outcome = Outcome()
            feed(masked(0x81, [0x61]), to: &machine, &outcome)
            #expect(outcome.events == [])
        }
    }

    @Test("the stream's end after the closing handshake is no news")
    func endAfterHandshake() {
        var machine = WebSocketMachine(role: .server)
        var outcome = Outcome()
        feed(masked(0x88, []), to: &machine, &outcome)
        #expect(machine.state.isClosingHandshakeComplete)
        #expect(machine.receivedEndOfStream() == nil)
        #expect(machine.state == .closeReceived(.noStatusReceived))
    }

    @Test("a reason is cut to 123 bytes at a character")
    func longReason() {
        for (reason, kept) in [
            (String(repeating: "a", count: 123), 123), (String(repeating: "a", count: 124), 123),
            (String(repeating: "ä", count: 62), 122), (String(repeating: "€", count: 50), 123),
            (String(repeating: "😀", count: 40), 120), ("", 0),
        ] {
            var machine = WebSocketMachine(role: .server)
            var output = ByteQueue()
            #expect(machine.appendClose(.internalError, reason: reason, into: &output))
            let expected = Array(reason.utf8.prefix(kept))
            #expect(array(output) == [0x88, UInt8(kept + 2), 0x03, 0xF3] + expected)
            #expect(String(validating: expected, as: UTF8.self) != nil)
        }
    }
}

@Suite("RFC 6455, section 7.4: close codes")
struct CloseCodeTests {
    static let allowed: Set<UInt16> = Set(
        [1000, 1001, 1002, 1003] + Array(1007...1014) + Array(3000...4999))

    @Test("every code there is, received and sent")
    func everyCode() {
        var wrong: [UInt16] = []
        for code in UInt16.min...UInt16.max {
            let allowed = Self.allowed.contains(code)
            let closeCode = CloseCode(rawValue: code)
            let result = outcome(of: [[0x88, 0x82, 0, 0, 0, 0, UInt8(code >> 8), UInt8(code & 0xFF)]], role: .server)
            let expected: Observed = allowed ? .close(closeCode, "") : .failure(.badCloseCode(closeCode))
            if closeCode.mayBeSent != allowed || result.events != [expected] { wrong.append(code) }
            var machine = WebSocketMachine(role: .server)
            var output = ByteQueue()
            if machine.appendClose(closeCode, into: &output) != allowed || output.isEmpty == allowed {
                wrong.append(code)
            }
        }
        #expect(wrong == [])
    }

    @Test(
        "cuts do not matter", arguments: [999, 1000, 1004, 1005, 1006, 1015, 1016, 2999, 3000, 5000] as [UInt16])
    func cut(code: UInt16) {
        let closeCode = CloseCode(rawValue: code)
        expect(
            masked(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)]),
            give: [Self.allowed.contains(code) ? .close(closeCode, "") : .failure(.badCloseCode(closeCode))])
    }
}
