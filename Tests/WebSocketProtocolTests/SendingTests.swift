import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 6.1: sending")
struct SendingTests {
    @Test("a server's frames are unmasked, a client's masked")
    func roles() {
        var output = ByteQueue()
        var server = WebSocketMachine(role: .server)
        #expect(server.appendMessage(.text, Array("Hello".utf8), into: &output))
        #expect(array(output) == [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
        output.removeAll()
        var client = WebSocketMachine(role: .client, maskingKeys: fixedKeys())
        #expect(client.appendMessage(.text, Array("Hello".utf8), into: &output))
        #expect(array(output) == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    }

    @Test("what one end sends the other reads", arguments: [Role.server, .client])
    func roundTrip(sender: Role) {
        var machine = WebSocketMachine(role: sender, maskingKeys: fixedKeys())
        var output = ByteQueue()
        let long = [UInt8]((0..<70_000).map { UInt8($0 % 241) })
        #expect(machine.appendMessage(.binary, long, into: &output))
        #expect(machine.appendFragment(opcode: .text, fin: false, [0xE2], into: &output))
        #expect(machine.appendPing([9], into: &output))
        #expect(
            machine.appendFragment(
                opcode: .continuation, fin: true, [0x82, 0xAC], into: &output))
        #expect(machine.appendPong([], into: &output))
        #expect(machine.appendClose(.goingAway, reason: "bye", into: &output))
        expect(
            array(output), role: sender == .server ? .client : .server,
            give: [.binary(long), .ping([9]), .text("€"), .pong([]), .close(.goingAway, "bye")])
    }

    @Test("fragments are accepted in their order only")
    func fragments() {
        var machine = WebSocketMachine(role: .server)
        var output = ByteQueue()
        let byte: [UInt8] = [0x61]
        #expect(!machine.appendFragment(opcode: .continuation, fin: true, byte, into: &output))
        #expect(!machine.appendFragment(opcode: .ping, fin: true, byte, into: &output))
        #expect(!machine.appendFragment(opcode: Opcode(rawValue: 3), fin: true, byte, into: &output))
        #expect(array(output) == [])
        #expect(machine.appendFragment(opcode: .text, fin: false, byte, into: &output))
        #expect(!machine.appendFragment(opcode: .text, fin: true, byte, into: &output))
        #expect(!machine.appendMessage(.text, byte, into: &output))
        #expect(machine.appendPing(byte, into: &output))
        #expect(machine.appendFragment(opcode: .continuation, fin: false, byte, into: &output))
        #expect(machine.appendFragment(opcode: .continuation, fin: true, byte, into: &output))
        #expect(machine.appendMessage(.binary, byte, into: &output))
        #expect(
            array(output) == [
                0x01, 0x01, 0x61, 0x89, 0x01, 0x61, 0x00, 0x01, 0x61, 0x80, 0x01, 0x61, 0x82, 0x01, 0x61,
            ])
    }

    @Test("control payloads have 125 bytes at most")
    func controlSize() {
        var machine = WebSocketMachine(role: .server)
        var output = ByteQueue()
        let most = [UInt8](repeating: 1, count: 125)
        #expect(machine.appendPing(most, into: &output))
        #expect(machine.appendPong(most, into: &output))
        #expect(output.count == 254)
        #expect(!machine.appendPing((most + [1]), into: &output))
        #expect(!machine.appendPong((most + [1]), into: &output))
        #expect(output.count == 254)
    }

    @Test("a Ping of every size is answered with its payload", arguments: [0, 1, 124, 125])
    func pong(count: Int) {
        let payload = (0..<count).map { UInt8($0) }
        expect(masked(0x89, payload), give: [.ping(payload)], replies: [0x8A, UInt8(count)] + payload)
    }
}
