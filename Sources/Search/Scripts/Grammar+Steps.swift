import Lifecycles

/// What an upgraded peer can do.
extension Grammar {
    /// The next step, or a few that belong together.
    func application(_ generator: inout some RandomNumberGenerator) -> [Lifecycle.Step] {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<12: return [.sendMessages(generator.pick([1, 1, 1, 2, 5, 20]))]
        case 12..<18:
            return [.sendMessages(generator.pick([1, 2, 5]), bytes: generator.pick([1, 125, 126, 4096, 65_536]))]
        case 18..<32: return [.send(Template(text(&generator)))]
        case 32..<38: return [.sendBinary(bytes(&generator))]
        case 38..<44: return [.sendPings(generator.pick([1, 1, 1, 3, 20]))]
        case 44..<54: return fragments(&generator)
        case 54..<60: return [octets(&generator)]
        case 60..<67: return [.sendBytes(generator.pick(FramePiece.allCases))]
        case 67..<75: return expectsReply ? [.awaitReplies(generator.pick([1, 1, 2]))] : [.sendMessages(1)]
        case 75..<79: return [.awaitPong]
        case 79..<83: return [generator.pick([.ignoreTarget, .stopReading, .resumeReading])]
        case 83..<92: return [hold(&generator)]
        case 92..<95: return [.awaitUnread]
        case 95..<98: return [close(&generator)]
        case 98: return [.provokeClose]
        default: return [.rendezvous]
        }
    }

    func hold(_ generator: inout some RandomNumberGenerator) -> Lifecycle.Step {
        .holdFor(.milliseconds(generator.pick([1, 1, 1, 1, 5, 5, 5, 5, 20, 20, 20, 20, 50, 50, 50, 300])))
    }

    /// A Close with a code and a reason of any length (RFC 6455, section 7.4).
    func close(_ generator: inout some RandomNumberGenerator) -> Lifecycle.Step {
        guard generator.happens(70) else { return .sendClose }
        let code: UInt16 = generator.pick([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 3000, 4000, 4999])
        let reason = generator.pick(["", "", "bye", String(repeating: "r", count: 123), "\u{FC}\u{1F600}"])
        return .closing(code, reason: reason.isEmpty ? Template() : Template(reason))
    }

    /// A message in fragments, whole or not, with what may stand between them and what may not (RFC 6455, section 5.4).
    func fragments(_ generator: inout some RandomNumberGenerator) -> [Lifecycle.Step] {
        let opcode = generator.happens(70) ? RawFrame.text : RawFrame.binary
        let first = RawFrame.octets(opcode, isFinal: false, generator.happens(30) ? [] : Array("water".utf8))
        var steps: [Lifecycle.Step] = [.sendOctets(first)]
        if generator.happens(50) { steps.append(generator.pick([.sendPings(1), .sendMessages(1), hold(&generator)])) }
        if generator.happens(30) {
            steps.append(.sendOctets(RawFrame.octets(RawFrame.continuation, isFinal: false, Array("-".utf8))))
        }
        if generator.happens(60) {
            steps.append(.sendOctets(RawFrame.octets(RawFrame.continuation, Array("tight".utf8))))
        }
        return steps
    }

    /// Octets that may or may not be a frame.
    func octets(_ generator: inout some RandomNumberGenerator) -> Lifecycle.Step {
        let payload = generator.pick([[], Array("x".utf8), [0xFF, 0xFE], [UInt8](repeating: 0x77, count: 126)])
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return .sendOctets(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        case 1: return .sendOctets([generator.pick([0x81, 0x82, 0x88, 0x00, 0xFF])])
        case 2:
            return .sendOctets(
                RawFrame.octets(RawFrame.close, generator.pick([[], [3], [3, 0xE8], [3, 0xED], [0xFF, 0xFF]])))
        case 3: return .sendOctets(RawFrame.octets(RawFrame.pong, payload))
        case 4: return .sendOctets(RawFrame.octets(RawFrame.ping, isFinal: generator.happens(70), payload))
        case 5: return .sendOctets(RawFrame.octets(RawFrame.continuation, payload))
        default:
            let reserved: UInt8 = generator.pick([0, 0, 0, 1, 2, 4])
            let opcode = generator.pick([RawFrame.text, RawFrame.text, RawFrame.binary, 3, 11])
            return .sendOctets(RawFrame.octets(opcode, isFinal: generator.happens(80), reserved: reserved, payload))
        }
    }

    private func bytes(_ generator: inout some RandomNumberGenerator) -> [UInt8] {
        let count = generator.pick([1, 2, 4, 16, 125, 126, 1000])
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// A text message: of the dictionary, as it is or changed, or one that breaks parsers.
    private func text(_ generator: inout some RandomNumberGenerator) -> String {
        if !dictionary.messages.isEmpty, generator.happens(80) {
            let message = generator.pick(dictionary.messages)
            return generator.happens(70) ? message : Self.changed(message, &generator)
        }
        return generator.pick([
            "a", "{}", "[]", "null", "0", "{n}", "{\"type\":\"x\"}", "[1,2", "{\"a\":{\"a\":{\"a\":1}}}",
            "\u{FC}\u{1F600}",
            "hello {n}",
        ])
    }

    /// `message` with a part left out, doubled, or replaced.
    static func changed(_ message: String, _ generator: inout some RandomNumberGenerator) -> String {
        var characters = Array(message)
        guard !characters.isEmpty else { return "x" }
        let start = generator.pick(characters.indices)
        let end = min(characters.count, start + generator.pick([1, 1, 4, 16]))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: characters.removeSubrange(start..<end)
        case 1: characters.insert(contentsOf: characters[start..<end], at: start)
        case 2: characters[start] = generator.pick(Array("0\"}]x,\u{FC}"))
        default: characters.removeSubrange(end...)
        }
        return characters.isEmpty ? "x" : String(characters)
    }
}

extension Lifecycle.Step {
    /// A Close with a code and a reason, as a script that is read back has it: a plain 1000 is the ordinary Close.
    static func closing(_ code: UInt16, reason: Template) -> Lifecycle.Step {
        code == 1000 && reason.parts.isEmpty ? .sendClose : .sendCloseWith(code, reason: reason)
    }
}
