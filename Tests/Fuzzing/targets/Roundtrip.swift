/// A conversation between both roles, in which each must observe exactly what the other sent.
func fuzzRoundtrip(_ given: FuzzInput) {
    var input = given
    let flags = input.byte()
    let bits = input.byte()
    let cutting = Cutting.ways(&input)[flags & 0x80 == 0 ? 2 : 0]
    let minimumBytes = input.choice(of: [0, 64, 126])
    let fromClient = (takeover: flags & 2 == 0, bits: 8 + Int(bits & 7))
    let fromServer = (takeover: flags & 4 == 0, bits: 8 + Int(bits >> 3 & 7))
    let level = 1 + Int(flags >> 4 & 7)
    func side(_ role: Role) -> Side {
        let (own, other) = role == .client ? (fromClient, fromServer) : (fromServer, fromClient)
        return Side(
            role,
            flags & 1 == 0
                ? nil
                : agreement(
                    localTakeover: own.takeover, remoteTakeover: other.takeover, localBits: own.bits,
                    remoteBits: other.bits, level: level, memoryLevel: 1 + Int(bits >> 6) * 2,
                    minimumBytes: minimumBytes))
    }
    let sides = [side(.client), side(.server)]
    var budget = 200_000
    while !input.isEmpty, budget > 0 {
        let action = input.byte()
        let (sender, receiver) = action & 1 == 0 ? (sides[0], sides[1]) : (sides[1], sides[0])
        budget -= sender.act(action >> 1, &input, receiver)
        if action & 0x80 != 0 { deliver(sides, cutting) }
    }
    deliver(sides, cutting)
    for side in sides {
        require(side.expected.isEmpty, "\(side.expected) never arrived")
        side.run.end()
    }
}

/// Carries everything across, and what it is answered with, until both ends are silent.
private func deliver(_ sides: [Side], _ cutting: Cutting) {
    while sides.contains(where: { !$0.wire.isEmpty }) {
        sides[1].receive(sides[0], cutting)
        sides[0].receive(sides[1], cutting)
    }
}

/// One end, what it has written and what it must yet observe.
private final class Side {
    var run: MachineRun
    var wire = ByteQueue()
    var expected: [Observed] = []
    private var last: (MessageKind, [UInt8]) = (.binary, [])
    private let canCompress: Bool

    init(_ role: Role, _ deflate: DeflateAgreement?) {
        run = MachineRun(
            WebSocketMachine(
                role: role, limits: MessageLimits(maximumFrameBytes: 1 << 20, maximumMessageBytes: 1 << 20),
                maskingKeys: countingKeys(), deflate: deflate))
        canCompress = deflate != nil
    }

    private static let sizes = [
        1, 2, 124, 125, 126, 127, 4095, 16_384, 16_385, 65_534, 65_535, 65_536, 65_537, 32_768, 300, 0,
    ]

    /// Sends something, as `action` says, and returns what it cost.
    func act(_ action: UInt8, _ input: inout FuzzInput, _ receiver: Side) -> Int {
        let maySend = run.machine.state.maySend
        switch action & 7 {
        case 0, 1, 2:
            last = content(action & 7 == 0 ? .binary : .text, &input)
            return sendMessage(receiver)
        case 3: return sendMessage(receiver)
        case 4:
            let payload = input.bytes(Int(input.byte()))
            let wrote = run.machine.appendPing(payload.span.bytes, into: &wire)
            require(wrote == (maySend && payload.count <= 125), "a Ping of \(payload.count) bytes")
            if wrote { receiver.expected.append(.ping(payload)) }
        case 5:
            let payload = input.bytes(Int(input.byte()))
            let wrote = run.machine.appendPong(payload.span.bytes, into: &wire)
            require(wrote == (maySend && payload.count <= 125), "a Pong of \(payload.count) bytes")
            if wrote { receiver.expected.append(.pong(payload)) }
        case 6: return sendFragments(&input, receiver)
        default: close(&input, receiver)
        }
        return 300
    }

    private func content(_ kind: MessageKind, _ input: inout FuzzInput) -> (MessageKind, [UInt8]) {
        let choice = input.byte()
        let seed = input.bytes(Int(choice >> 4) * 4 + 1)
        let size = choice & 0x0F == 0x0F ? seed.count : Self.sizes[Int(choice & 0x0F)]
        guard !seed.isEmpty, size > 0 else { return (kind, []) }
        // Noise that grows out of the seed, or the seed again and again.
        let isNoise = choice & 0x10 != 0
        var state = UInt32(seed[0]) | 1
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
            for index in 0..<size {
                state = state &* 1_664_525 &+ 1_013_904_223
                bytes[index] = seed[index % seed.count] ^ (isNoise ? UInt8(state >> 24) : 0)
            }
            count = size
        }
        return (kind, kind == .text ? Array(String(decoding: bytes, as: UTF8.self).utf8) : bytes)
    }

    private func sendMessage(_ receiver: Side) -> Int {
        let (kind, payload) = last
        let maySend = run.machine.state.maySend
        let before = wire.count
        let wrote = run.machine.appendMessage(kind, payload.span.bytes, into: &wire)
        require(wrote == maySend && (wrote || wire.count == before), "messages are sent while they may be")
        if wrote { receiver.expected.append(.message(kind, payload)) }
        if wrote, !canCompress { require(wire.count - before - payload.count <= 14, "a header has up to 14 bytes") }
        return payload.count + 100
    }

    private func sendFragments(_ input: inout FuzzInput, _ receiver: Side) -> Int {
        let (kind, payload) = content(input.byte() & 1 == 0 ? .text : .binary, &input)
        var rest = payload[...]
        var isFirst = true
        var isLast = false
        while !isLast {
            let flags = input.byte()
            isLast = flags & 7 == 0
            let piece = isLast ? Array(rest) : Array(rest.prefix(Int(flags) * Int(flags)))
            rest = rest.dropFirst(piece.count)
            let opcode: Opcode = !isFirst ? .continuation : kind == .text ? .text : .binary
            let wrote = run.machine.appendFragment(opcode: opcode, fin: isLast, piece.span.bytes, into: &wire)
            require(wrote == run.machine.state.maySend, "fragments are sent while they may be")
            guard wrote else { return 100 }
            isFirst = false
            guard !isLast else { break }
            let none = [UInt8]()
            require(
                !run.machine.appendMessage(.text, none.span.bytes, into: &wire)
                    && !run.machine.appendFragment(opcode: .binary, fin: true, none.span.bytes, into: &wire),
                "no message begins within another")
            let ping = Array(piece.prefix(125))
            if flags & 8 != 0, run.machine.appendPing(ping.span.bytes, into: &wire) {
                receiver.expected.append(.ping(ping))
            }
        }
        receiver.expected.append(.message(kind, payload))
        return payload.count + 100
    }

    private func close(_ input: inout FuzzInput, _ receiver: Side) {
        // Most conversations go on for a while.
        guard input.byte() & 3 == 3 else { return }
        let code = input.choice(of: [nil, 1000, 1001, 1005, 3000, 4999, 1015, 999, 5000] as [UInt16?])
        let reason = String(decoding: input.bytes(Int(input.byte())), as: UTF8.self)
        let maySend = run.machine.state.maySend
        let before = wire.count
        let wrote = run.machine.appendClose(code.map(CloseCode.init(rawValue:)), reason: reason, into: &wire)
        require(
            wrote == (maySend && ![1005, 1015, 999, 5000].contains(code)) && (wrote || wire.count == before),
            "a Close frame with \(String(describing: code)) is sent once")
        guard wrote else { return }
        guard let code else { return receiver.expected.append(.close(.noStatusReceived, "")) }
        var kept = Substring(reason).unicodeScalars
        while kept.reduce(0, { $0 + UTF8.width($1) }) > 123 { kept.removeLast() }
        receiver.expected.append(.close(CloseCode(rawValue: code), String(kept)))
    }

    /// Takes all that `sender` has written.
    func receive(_ sender: Side, _ cutting: Cutting) {
        let bytes = array(sender.wire)
        sender.wire.removeAll()
        guard !bytes.isEmpty else { return }
        let (seen, answered, mayAnswer) = (run.events.count, run.replies.count, run.machine.state.maySend)
        run.feed(bytes, cutting)
        let events = run.events[seen...]
        require(Array(events) == expected, "\(events) arrived, sent was \(expected)")
        expected = []
        run.replies[answered...].withUnsafeBytes { wire.append($0) }
        for event in events where mayAnswer {
            switch event {
            case .ping(let payload): sender.expected.append(.pong(payload))
            case .close(let code, _): sender.expected.append(.close(code, ""))
            default: break
            }
        }
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { encode(scalar)?.count ?? 0 }
}
