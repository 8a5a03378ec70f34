/// Compressed messages in well-formed frames, honest, damaged and made up, compared with what they must come to
/// (RFC 7692, section 7.2).
func fuzzCompressed(_ given: FuzzInput) {
    var input = given
    let flags = input.byte()
    let limit = input.choice(of: [70_000, 100, 5000, 16_384, 16_385, 1, 0, 300_000])
    let ways = Cutting.ways(&input)
    let agreement = agreement(
        localTakeover: flags & 1 == 0, remoteTakeover: flags & 2 == 0, localBits: 15,
        remoteBits: 15 - Int(flags >> 4 & 7))
    var sender = DishonestSender(to: flags & 4 == 0 ? .server : .client, agreement, limit: limit)
    while !input.isEmpty, sender.isHeard { sender.send(&input) }
    let contexts = DeflateContexts()
    let limits = MessageLimits(maximumFrameBytes: .max, maximumMessageBytes: limit)
    let events = compareCuttings(sender.wire, ways) {
        WebSocketMachine(
            role: sender.receiver, limits: limits, maskingKeys: countingKeys(), deflate: agreement, contexts: contexts)
    }
    if sender.isHonest || agreement.remoteWindowBits == 15 {
        require(events == sender.expected, "\(events) instead of \(sender.expected)")
    } else {
        // A reference beyond the window that was agreed upon may be refused.
        let common = zip(events, sender.expected).prefix { $0 == $1 }.count
        require(
            common == events.count && common == sender.expected.count
                || events[common...] == [.failure(ProtocolFailure(.invalidCompression))],
            "\(events) instead of \(sender.expected)")
    }
}

/// Writes what the fuzzer chooses and knows what a receiver must make of it.
private struct DishonestSender {
    let receiver: Role
    let limit: Int
    private(set) var wire: [UInt8] = []
    private(set) var expected: [Observed] = []
    /// Whether the receiver still listens.
    private(set) var isHeard = true
    /// Whether every compressed payload is what a compressor made.
    private(set) var isHonest = true
    private let agreement: DeflateAgreement
    private lazy var deflater = Deflater(windowBits: agreement.remoteWindowBits, level: 6, memoryLevel: 8)
    private var reference: ReferenceInflater
    private var key: UInt8 = 0

    init(to receiver: Role, _ agreement: DeflateAgreement, limit: Int) {
        self.receiver = receiver
        self.agreement = agreement
        self.limit = limit
        reference = ReferenceInflater(keepsContext: agreement.remoteContextTakeover)
    }

    mutating func send(_ input: inout FuzzInput) {
        let flags = input.byte()
        let kind: MessageKind = flags & 1 == 0 ? .text : .binary
        let fragments = 1 + Int(flags >> 1 & 3)
        let pings = flags & 8 != 0
        let bytes = input.bytes(Int(input.byte()))
        switch flags >> 4 & 7 {
        case 0, 1:
            isHonest = false
            sendCompressed(kind, bytes, fragments, pings)
        case 2:
            // Text is valid here, so that it fails only where the whole message is known.
            send(kind, false, Array(String(decoding: bytes, as: UTF8.self).utf8), fragments, pings)
        case 3, 4:
            sendCompressed(kind, damaged(compressed(kind, bytes, &input), &input), fragments, pings)
        default:
            sendCompressed(kind, compressed(kind, bytes, &input), fragments, pings)
        }
    }

    private mutating func compressed(_ kind: MessageKind, _ bytes: [UInt8], _ input: inout FuzzInput) -> [UInt8] {
        let pattern = kind == .text ? Array(String(decoding: bytes, as: UTF8.self).utf8) : bytes
        let times = input.choice(of: [1, 1, 2, 3, 30, 700])
        var output = ByteQueue()
        var message: [UInt8] = []
        for _ in 0..<times { message += pattern }
        message.withUnsafeBytes {
            deflater.compress($0, keepsContext: agreement.remoteContextTakeover, into: &output)
        }
        return array(output)
    }

    private mutating func damaged(_ payload: [UInt8], _ input: inout FuzzInput) -> [UInt8] {
        isHonest = false
        var payload = payload
        for _ in 0...input.choice(below: 3) {
            let place = min(Int(input.byte()), payload.count - 1)
            guard place >= 0 else { break }
            switch input.choice(below: 4) {
            case 0: payload[place] = input.byte()
            case 1: payload.removeSubrange(place...)
            case 2: payload.insert(input.byte(), at: place)
            default: payload[payload.count - 1 - place] ^= 1 << (input.byte() & 7)
            }
        }
        return payload
    }

    private mutating func sendCompressed(_ kind: MessageKind, _ payload: [UInt8], _ fragments: Int, _ pings: Bool) {
        send(kind, true, payload, fragments, pings)
    }

    private mutating func send(
        _ kind: MessageKind, _ isCompressed: Bool, _ payload: [UInt8], _ fragments: Int, _ pings: Bool
    ) {
        let size = payload.count / fragments
        var sent = 0
        for index in 0..<fragments {
            let isLast = index == fragments - 1
            let piece = Array(payload[sent..<(isLast ? payload.count : sent + size)])
            sent += piece.count
            let opcode: Opcode = index > 0 ? .continuation : kind == .text ? .text : .binary
            write(FrameHeader(fin: isLast, rsv1: isCompressed && index == 0, opcode: opcode, payloadLength: 0), piece)
            if sent > limit { return fail(.messageTooBig(limit: limit)) }
            if pings, !isLast {
                write(FrameHeader(opcode: .ping, payloadLength: 0), [UInt8(index)])
                expected.append(.ping([UInt8(index)]))
            }
        }
        guard isCompressed else { return expected.append(.message(kind, payload)) }
        switch reference.decompress(payload, limit: limit) {
        case .tooBig: fail(.messageTooBig(limit: limit))
        case .invalid: fail(.invalidCompression)
        case .complete(let message):
            if kind == .text, String(validating: message, as: UTF8.self) == nil { return fail(.invalidUTF8) }
            expected.append(.message(kind, message))
        }
    }

    private mutating func fail(_ reason: ProtocolFailure.Reason) {
        expected.append(.failure(ProtocolFailure(reason)))
        isHeard = false
    }

    private mutating func write(_ header: FrameHeader, _ payload: [UInt8]) {
        var header = header
        header.payloadLength = payload.count
        key &+= 29
        let mask = [key, ~key, 7, 0x80]
        if receiver == .server {
            header.maskingKey = mask.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        var output = ByteQueue()
        header.encode(into: &output)
        wire += array(output)
        wire += receiver == .client ? payload : payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}
