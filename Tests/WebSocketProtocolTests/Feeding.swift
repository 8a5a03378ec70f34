import TestSupport
import Testing

@testable import WebSocketProtocol

/// An event with its payload in hand.
enum Observed: Equatable {
    case message(MessageKind, [UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode, String)
    case failure(ProtocolFailure.Reason)

    static func text(_ string: String) -> Observed { .message(.text, Array(string.utf8)) }
    static func binary(_ bytes: [UInt8]) -> Observed { .message(.binary, bytes) }
}

/// All that a machine did with some input.
struct Outcome: Equatable {
    var events: [Observed] = []
    var replies: [UInt8] = []
    var state: WebSocketMachine.State = .open
    var bufferedCapacity = 0
}

/// Feeds one piece of input until the machine asks for more, and appends what it did to `outcome`.
func feed(_ piece: [UInt8], to machine: inout WebSocketMachine, _ outcome: inout Outcome) {
    var input = piece
    var position = 0
    var replies = ByteQueue()
    while true {
        var span = input.mutableSpan
        var bytes = span.mutableBytes
        let before = position
        guard let event = machine.next(in: &bytes, at: &position, replies: &replies) else { break }
        #expect(position > before && position <= piece.count)
        outcome.events.append(observe(event, input, &machine))
    }
    #expect(position == piece.count, "nil means that all input is consumed")
    outcome.replies += array(replies)
    outcome.state = machine.state
    outcome.bufferedCapacity = machine.bufferedCapacity
}

func observe(_ event: WebSocketMachine.Event, _ input: [UInt8], _ machine: inout WebSocketMachine) -> Observed {
    func resolve(_ payload: WebSocketMachine.Payload) -> [UInt8] {
        switch payload {
        case .input(let range): Array(input[range])
        case .assembled: array(machine.takeAssembled())
        }
    }
    switch event {
    case .message(let kind, let payload): return .message(kind, resolve(payload))
    case .ping(let payload): return .ping(resolve(payload))
    case .pong(let payload): return .pong(resolve(payload))
    case .close(let code, let reason): return .close(code, reason)
    case .failure(let failure): return .failure(failure.kind)
    }
}

/// Every way to cut `bytes` that the suites try: whole, byte by byte, and in two at every position.
///
/// Long inputs are cut in two near their ends and in the middle only.
func cuts(of bytes: [UInt8]) -> [[[UInt8]]] {
    var positions = Array(1..<max(bytes.count, 1))
    if positions.count > 600 {
        positions = positions.prefix(24) + [bytes.count / 2, bytes.count / 2 + 1] + positions.suffix(24)
    }
    return [[bytes], bytes.map { [$0] }] + positions.map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
}

/// `bytes` in pieces of random sizes up to `largest`.
func pieces(of bytes: [UInt8], upTo largest: Int = 40, using generator: inout SeededGenerator) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...largest, using: &generator))
        pieces.append(Array(piece))
        rest = rest.dropFirst(piece.count)
    }
    return pieces
}

/// Runs one machine over `pieces`, after `prepare` has done to it what the case needs.
func outcome(
    of pieces: [[UInt8]], role: Role, limits: MessageLimits = MessageLimits(), deflate: DeflateAgreement? = nil,
    prepare: (inout WebSocketMachine) -> Void = { _ in }
) -> Outcome {
    var machine = WebSocketMachine(role: role, limits: limits, maskingKeys: fixedKeys(), deflate: deflate)
    prepare(&machine)
    var outcome = Outcome()
    for piece in pieces { feed(piece, to: &machine, &outcome) }
    return outcome
}

/// Demands the same outcome from `bytes` however they are cut.
func expect(
    _ bytes: [UInt8], role: Role = .server, limits: MessageLimits = MessageLimits(), deflate: DeflateAgreement? = nil,
    give events: [Observed],
    replies: [UInt8]? = nil, state: WebSocketMachine.State? = nil,
    prepare: (inout WebSocketMachine) -> Void = { _ in }, sourceLocation: SourceLocation = #_sourceLocation
) {
    let whole = outcome(of: [bytes], role: role, limits: limits, deflate: deflate, prepare: prepare)
    #expect(whole.events == events, "whole", sourceLocation: sourceLocation)
    if let replies { #expect(whole.replies == replies, "whole", sourceLocation: sourceLocation) }
    if let state { #expect(whole.state == state, "whole", sourceLocation: sourceLocation) }
    for pieces in cuts(of: bytes).dropFirst() {
        var cut = outcome(of: pieces, role: role, limits: limits, deflate: deflate, prepare: prepare)
        if whole.bufferedCapacity == 0 { #expect(cut.bufferedCapacity == 0, sourceLocation: sourceLocation) }
        cut.bufferedCapacity = whole.bufferedCapacity
        if cut != whole {
            let sizes = pieces.count == 2 ? "\(pieces[0].count) + \(pieces[1].count)" : "bytes"
            Issue.record("cut into \(sizes): \(cut) instead of \(whole)", sourceLocation: sourceLocation)
            return
        }
    }
}

/// Always the key of the examples in RFC 6455, section 5.7.
func fixedKeys() -> MaskingKeySource {
    MaskingKeySource { pool in
        for index in pool.indices { pool[index] = [0x37, 0xFA, 0x21, 0x3D][index % 4] }
    }
}

func array(_ queue: borrowing ByteQueue) -> [UInt8] { queue.withUnsafeBytes { Array($0) } }
func string(_ queue: borrowing ByteQueue) -> String { String(decoding: array(queue), as: UTF8.self) }

/// A frame as a client sends it, with a key of zeros so that literals stay readable.
func masked(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    header(first, 0x80, payload.count) + [0, 0, 0, 0] + payload
}

/// A frame as a server sends it.
func unmasked(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] { header(first, 0, payload.count) + payload }

private func header(_ first: UInt8, _ mask: UInt8, _ count: Int) -> [UInt8] {
    if count <= 125 { return [first, mask | UInt8(count)] }
    if count <= 65535 { return [first, mask | 126, UInt8(count >> 8), UInt8(count & 0xFF)] }
    return [first, mask | 127] + stride(from: 56, through: 0, by: -8).map { UInt8(count >> $0 & 0xFF) }
}

func failureClose(_ kind: ProtocolFailure.Reason) -> [UInt8] {
    let failure = ProtocolFailure(kind)
    let code = failure.code.rawValue
    return unmasked(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(failure.description.utf8))
}

extension WebSocketMachine {
    mutating func appendMessage(_ kind: MessageKind, _ payload: [UInt8], into output: inout ByteQueue) -> Bool {
        appendMessage(kind, payload.span.bytes, into: &output)
    }

    mutating func appendFragment(
        opcode: Opcode, fin: Bool, _ payload: [UInt8], into output: inout ByteQueue
    ) -> Bool {
        appendFragment(opcode: opcode, fin: fin, payload.span.bytes, into: &output)
    }

    mutating func appendPing(_ payload: [UInt8], into output: inout ByteQueue) -> Bool {
        appendPing(payload.span.bytes, into: &output)
    }

    mutating func appendPong(_ payload: [UInt8], into output: inout ByteQueue) -> Bool {
        appendPong(payload.span.bytes, into: &output)
    }
}
