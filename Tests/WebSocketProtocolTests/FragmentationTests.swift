import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 5.4: fragmentation")
struct FragmentationTests {
    @Test("fragments add up, empty ones too")
    func fragments() {
        expect(masked(0x01, [0x61]) + masked(0x00, []) + masked(0x80, [0x62]), give: [.text("ab")])
        expect(masked(0x02, []) + masked(0x00, [1, 2]) + masked(0x80, []), give: [.binary([1, 2])])
        expect(masked(0x01, []) + masked(0x80, []), give: [.text("")])
    }

    @Test("empty messages of one frame")
    func empty() {
        expect(masked(0x81, []) + masked(0x82, []), give: [.text(""), .binary([])], replies: [], state: .open)
    }

    @Test("a continuation after the final fragment fails")
    func continuationAfterEnd() {
        expect(
            masked(0x02, []) + masked(0x80, [1]) + masked(0x80, []),
            give: [.binary([1]), .failure(.unexpectedContinuation)])
    }

    @Test("control frames pass between fragments and are answered in order")
    func interleaved() {
        expect(
            masked(0x01, Array("He".utf8)) + masked(0x89, [1]) + masked(0x00, Array("l".utf8)) + masked(0x8A, [2])
                + masked(0x89, []) + masked(0x80, Array("lo".utf8)) + masked(0x82, [9]),
            give: [.ping([1]), .pong([2]), .ping([]), .text("Hello"), .binary([9])],
            replies: [0x8A, 0x01, 0x01, 0x8A, 0x00])
    }

    @Test("a Close between fragments ends the connection")
    func closeInBetween() {
        expect(
            masked(0x01, [0x61]) + masked(0x88, [0x03, 0xE8]) + masked(0x80, [0x62]),
            give: [.close(.normalClosure, "")], replies: [0x88, 0x02, 0x03, 0xE8], state: .closeReceived(.normalClosure)
        )
    }

    @Test("a payload that is not taken is dropped with the next input")
    func untaken() {
        var machine = WebSocketMachine(role: .server)
        var replies = ByteQueue()
        var bytes = masked(0x02, [1]) + masked(0x80, [2]) + masked(0x82, [3])
        var position = 0
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        #expect(machine.next(in: &raw, at: &position, replies: &replies) == .message(.binary, .assembled))
        #expect(machine.bufferedCapacity > 0)
        let end = raw.byteCount
        #expect(machine.next(in: &raw, at: &position, replies: &replies) == .message(.binary, .input(end - 1..<end)))
        #expect(machine.bufferedCapacity == 0)
        #expect(array(machine.takeAssembled()) == [])
    }

    @Test("a taken payload outlives the next input")
    func taken() {
        var machine = WebSocketMachine(role: .server)
        var replies = ByteQueue()
        var bytes = masked(0x02, [1]) + masked(0x80, [2]) + masked(0x02, [3])
        var position = 0
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        _ = machine.next(in: &raw, at: &position, replies: &replies)
        let payload = machine.takeAssembled()
        #expect(machine.next(in: &raw, at: &position, replies: &replies) == nil)
        #expect(array(payload) == [1, 2])
    }

    @Test("a whole frame is delivered in place, unmasked, without a buffer")
    func inPlace() {
        var machine = WebSocketMachine(role: .server)
        var replies = ByteQueue()
        var bytes: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58, 0x89, 0x80, 0, 0, 0, 0]
        var position = 0
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            #expect(machine.next(in: &raw, at: &position, replies: &replies) == .message(.text, .input(6..<11)))
            #expect(position == 11)
            #expect(machine.next(in: &raw, at: &position, replies: &replies) == .ping(.input(17..<17)))
            #expect(machine.next(in: &raw, at: &position, replies: &replies) == nil)
        }
        #expect(Array(bytes[6..<11]) == Array("Hello".utf8))
        #expect(machine.bufferedCapacity == 0)
    }
}
