import TestSupport
import Testing

@testable import WebSocketProtocol

/// What must hold for any messages, tried with seeded ones: what fails once fails again, and says with which seed.
@Suite("Properties")
struct PropertyTests {
    static let seeds: Range<UInt64> = 1..<5

    /// Agreements with every window, seen from an end that sends and receives alike.
    static let agreements: [DeflateAgreement] = [true, false].flatMap { takeover in
        (8...15).map { agreement(takeover: takeover, bits: $0) }
    }

    static func agreement(takeover: Bool, bits: Int) -> DeflateAgreement {
        DeflateAgreement(
            localContextTakeover: takeover, remoteContextTakeover: takeover, localWindowBits: bits,
            remoteWindowBits: bits, level: 6, memoryLevel: 8, minimumBytes: 0)
    }

    // Any cuts.

    @Test("compressed messages arrive the same however they are fragmented and cut", arguments: agreements)
    func cutsOfCompressed(agreement: DeflateAgreement) {
        for seed in Self.seeds {
            var generator = SeededGenerator(seed: seed)
            for role in [Role.client, .server] {
                let deflater = DeflateContexts().deflater(for: agreement, messageBytes: .max)
                var bytes: [UInt8] = []
                var sent: [Observed] = []
                for _ in 0..<6 {
                    let message = Message(upTo: 700, using: &generator)
                    var payload = ByteQueue()
                    message.payload.withUnsafeBytes {
                        deflater.compress($0, keepsContext: agreement.localContextTakeover, into: &payload)
                    }
                    let fragments = pieces(of: array(payload), upTo: payload.count, using: &generator)
                    for (index, fragment) in fragments.enumerated() {
                        let fin: UInt8 = index == fragments.count - 1 ? 0x80 : 0
                        let first = index > 0 ? fin : fin | 0x40 | message.kind.opcode.rawValue
                        bytes += role == .server ? masked(first, fragment) : unmasked(first, fragment)
                        guard fin == 0 else { continue }
                        bytes += role == .server ? masked(0x8A, [1]) : unmasked(0x8A, [1])
                        sent.append(.pong([1]))
                    }
                    sent.append(.message(message.kind, message.payload))
                }
                let cut = pieces(of: bytes, using: &generator)
                for way in [[bytes], cut, bytes.map { [$0] }] {
                    let result = outcome(of: way, role: role, deflate: agreement)
                    guard result.events == sent, result.replies.isEmpty else {
                        Issue.record("seed \(seed), \(role), pieces of \(way.map(\.count)): \(result)")
                        return
                    }
                }
            }
        }
    }

    @Test("responses are read the same however they are cut", arguments: seeds)
    func cutsOfResponse(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let model = Array(
            (ClientHandshakeTests.answer + ["Sec-WebSocket-Protocol: b", "X-Tab:\ta\t"]).joined(separator: "\r\n").utf8)
        var accepted = 0
        for round in 0..<200 {
            var bytes = model + Array("\r\n\r\n\u{1}\u{2}".utf8)
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let place = bytes.indices.randomElement(using: &generator)!
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = generator.next() as UInt8
                case 1: bytes.remove(at: place)
                default: bytes.insert([13, 10, 32, 58, 44, 0].randomElement(using: &generator)!, at: place)
                }
            }
            let whole = try ClientHandshakeTests.result([bytes])
            let cut = try ClientHandshakeTests.result(pieces(of: bytes, using: &generator))
            guard whole == cut else {
                Issue.record("seed \(seed), round \(round): \(whole), cut \(cut), of \(bytes)")
                return
            }
            if case .accepted = whole.0 { accepted += 1 }
        }
        #expect(accepted > 30, "the untouched ones at least")
    }

    // There and back.

    /// No compression, and compression with and without earlier messages in the window, down to the smallest.
    static let roundTrips: [(Role, DeflateAgreement?)] = [Role.client, .server].flatMap { role in
        [nil, agreement(takeover: true, bits: 15), agreement(takeover: false, bits: 15)].map { (role, $0) }
            + [agreement(takeover: true, bits: 8), agreement(takeover: true, bits: 10)].map { (role, $0) }
    }

    @Test("what one end sends, the other receives, all along a connection", arguments: roundTrips)
    func roundTrip(role: Role, deflate: DeflateAgreement?) {
        for seed in Self.seeds.prefix(2) {
            var generator = SeededGenerator(seed: seed)
            var sender = WebSocketMachine(role: role, maskingKeys: fixedKeys(), deflate: deflate)
            var receiver = WebSocketMachine(
                role: role == .client ? .server : .client, maskingKeys: fixedKeys(), deflate: deflate)
            let boundaries = [0, 1, 2, 124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537]
            let small = (0..<20).map { _ in Int.random(in: 0...300, using: &generator) }
            for (round, size) in (boundaries + small).shuffled(using: &generator).enumerated() {
                let message = Message(of: size, using: &generator)
                var wire = ByteQueue()
                let sent = send(message, from: &sender, into: &wire, using: &generator)
                var result = Outcome()
                for piece in pieces(of: array(wire), upTo: max(40, wire.count / 4), using: &generator) {
                    feed(piece, to: &receiver, &result)
                }
                guard result.events == sent, result.bufferedCapacity == 0 else {
                    Issue.record(
                        "seed \(seed), round \(round): \(message.kind) of \(size) bytes became \(result.events)")
                    return
                }
            }
        }
    }

    /// Sends a message whole or in fragments with Pings and Pongs between them, and returns what must arrive.
    private func send(
        _ message: Message, from sender: inout WebSocketMachine, into wire: inout ByteQueue,
        using generator: inout SeededGenerator
    ) -> [Observed] {
        var arriving: [Observed] = []
        if Bool.random(using: &generator) {
            #expect(sender.appendMessage(message.kind, message.payload, into: &wire))
        } else {
            let count = Int.random(in: 2...4, using: &generator)
            let cuts = (1..<count).map { _ in Int.random(in: 0...message.payload.count, using: &generator) }.sorted()
            for (index, (start, end)) in zip([0] + cuts, cuts + [message.payload.count]).enumerated() {
                let opcode: Opcode = index > 0 ? .continuation : message.kind.opcode
                let piece = Array(message.payload[start..<end])
                #expect(sender.appendFragment(opcode: opcode, fin: index == count - 1, piece, into: &wire))
                guard index < count - 1, Bool.random(using: &generator) else { continue }
                let control = Array(piece.prefix(125))
                if Bool.random(using: &generator) {
                    #expect(sender.appendPing(control, into: &wire))
                    arriving.append(.ping(control))
                } else {
                    #expect(sender.appendPong(control, into: &wire))
                    arriving.append(.pong(control))
                }
            }
        }
        return arriving + [.message(message.kind, message.payload)]
    }

    @Test("whatever both ends want of compression, they agree upon the same", arguments: seeds)
    func negotiation(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func options() -> DeflateOptions {
            var options = DeflateOptions()
            options.localContextTakeover = Bool.random(using: &generator)
            options.remoteContextTakeover = Bool.random(using: &generator)
            options.localWindowBits = Int.random(in: 8...15, using: &generator)
            options.remoteWindowBits = Int.random(in: 8...15, using: &generator)
            return options
        }
        for round in 0..<100 {
            let (server, client) = (options(), options())
            var handshake = try ClientHandshake(host: "h", target: "/", deflate: client)
            var output = ByteQueue()
            handshake.encodeRequest(into: &output)
            let head = try #require(readRequest([array(output)]).head)
            guard case .upgrade(let acceptance) = ServerHandshake.evaluate(head, deflate: server),
                let there = acceptance.deflate
            else {
                Issue.record("seed \(seed), round \(round): \(client) is refused under \(server)")
                return
            }
            output.removeAll()
            acceptance.encode(into: &output)
            var position = 0
            let answer = array(output)
            guard case .complete(let accepted) = handshake.receive(answer.span.bytes, at: &position),
                let here = accepted.deflate
            else {
                Issue.record("seed \(seed), round \(round): \(client) does not take \(string(output))")
                return
            }
            if !isMirrored(here, there) || !isWithin(here, client) || !isWithin(there, server) {
                Issue.record("seed \(seed), round \(round): \(here) at the client, \(there) at the server")
                return
            }
        }
    }

    private func isMirrored(_ here: DeflateAgreement, _ there: DeflateAgreement) -> Bool {
        here.localContextTakeover == there.remoteContextTakeover
            && here.remoteContextTakeover == there.localContextTakeover
            && here.localWindowBits == there.remoteWindowBits && here.remoteWindowBits == there.localWindowBits
    }

    private func isWithin(_ agreement: DeflateAgreement, _ wanted: DeflateOptions) -> Bool {
        agreement.localWindowBits <= wanted.localWindowBits && agreement.remoteWindowBits <= wanted.remoteWindowBits
    }

    // Damage.

    @Test("one damaged byte never makes text of what is none", arguments: seeds)
    func damage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var failures = 0
        for round in 0..<120 {
            let deflate = round % 3 == 0 ? nil : Self.agreements.randomElement(using: &generator)
            let role: Role = round % 2 == 0 ? .client : .server
            let limits = MessageLimits(maximumFrameBytes: 5000, maximumMessageBytes: 5000)
            var sender = WebSocketMachine(role: role, maskingKeys: fixedKeys(), deflate: deflate)
            var wire = ByteQueue()
            for _ in 0..<4 {
                _ = send(Message(upTo: 300, using: &generator), from: &sender, into: &wire, using: &generator)
            }
            var bytes = array(wire)
            bytes[bytes.indices.randomElement(using: &generator)!] ^= UInt8.random(in: 1...255, using: &generator)
            let receiver: Role = role == .client ? .server : .client
            let whole = outcome(of: [bytes], role: receiver, limits: limits, deflate: deflate)
            let cut = outcome(
                of: pieces(of: bytes, using: &generator), role: receiver, limits: limits, deflate: deflate)
            let isText = whole.events.allSatisfy {
                guard case .message(.text, let payload) = $0 else { return true }
                return String(validating: payload, as: UTF8.self) != nil
            }
            guard isText, whole.events == cut.events, whole.replies == cut.replies, whole.state == cut.state else {
                Issue.record("seed \(seed), round \(round): \(whole), cut \(cut)")
                return
            }
            if case .failed = whole.state { failures += 1 }
        }
        #expect(failures > 10, "some damage is noticed")
    }
}

/// A message out of few repeated words or noise, valid if it is text.
private struct Message {
    let kind: MessageKind
    let payload: [UInt8]

    init(upTo largest: Int, using generator: inout SeededGenerator) {
        self.init(of: Int.random(in: 0...largest, using: &generator), using: &generator)
    }

    init(of size: Int, using generator: inout SeededGenerator) {
        kind = Bool.random(using: &generator) ? .text : .binary
        let word: [UInt8]
        if kind == .text {
            word = ["a", "{\"type\":\"tick\"}", "Grüße, ", "水密 ", "😀é"].randomElement(using: &generator)!.utf8.map {
                $0
            }
        } else {
            // As long as the message: noise. Shorter: it compresses.
            let count = [1, 7, max(size, 1)].randomElement(using: &generator)!
            word = (0..<(count + 7) / 8).flatMap { _ in
                withUnsafeBytes(of: generator.next() as UInt64) { Array($0) }
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        while bytes.count + word.count <= size { bytes += word }
        // A whole word or none, so that no character is cut.
        bytes += [UInt8](repeating: 0x2E, count: size - bytes.count)
        payload = bytes
    }
}
