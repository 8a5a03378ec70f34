/// An event with its payload in hand.
enum Observed: Equatable {
    case message(MessageKind, [UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode, String)
    case failure(ProtocolFailure)

    var isLast: Bool {
        switch self {
        case .message, .ping, .pong: false
        case .close, .failure: true
        }
    }

    /// The event as far as it can be told when its payload was not taken.
    var withoutPayload: Observed {
        switch self {
        case .message(let kind, _): .message(kind, [])
        case .ping: .ping([])
        case .pong: .pong([])
        case .close, .failure: self
        }
    }
}

/// A machine and all that it did, with the rules that hold for every input checked at every step.
struct MachineRun: ~Copyable {
    var machine: WebSocketMachine
    private(set) var events: [Observed] = []
    private(set) var replies: [UInt8] = []
    /// Whether payloads that the machine holds are taken; otherwise they are dropped.
    private let takesAssembled: Bool
    /// Whether our Close frame went out before any input.
    private let beganClosing: Bool

    init(_ machine: consuming WebSocketMachine, takesAssembled: Bool = true) {
        beganClosing = machine.state != .open
        self.machine = machine
        self.takesAssembled = takesAssembled
    }

    /// What a machine may hold: twice the largest message, as ``MessageLimits`` says, or the least allocation, and a
    /// control frame.
    private var largestCapacity: Int {
        max(64, 2 * machine.limits.maximumMessageBytes) + 2 * 64
    }

    mutating func feed(_ bytes: [UInt8], _ cutting: Cutting) {
        for piece in cutting.pieces(of: bytes) { feed(piece) }
    }

    mutating func feed(_ bytes: ArraySlice<UInt8>) {
        let piece = Piece(bytes)
        var position = 0
        var output = ByteQueue()
        var delivered: [(Range<Int>, [UInt8])] = []
        while true {
            let before = position
            let (wasOver, mayAnswer) = (!machine.state.mayReceive, machine.state.maySend)
            let emitted = output.count
            let event = piece.change { machine.next(in: &$0, at: &position, replies: &output) }
            require(position >= before && position <= piece.count, "the position only advances, up to the end")
            require(
                machine.bufferedCapacity <= largestCapacity,
                "\(machine.bufferedCapacity) bytes are held under \(machine.limits)")
            if wasOver { require(event == nil && output.count == emitted, "nothing comes after the end") }
            guard let event else { break }
            require(position > before, "an event consumes what it is made of")
            require(output.count == emitted || mayAnswer, "nothing follows our Close frame")
            observe(event, piece, before..<position, &delivered)
        }
        require(position == piece.count, "nil means that all input is consumed")
        for (range, payload) in delivered {
            require(piece.bytes(range) == payload, "a payload stays as it is while its input does")
        }
        replies += array(output)
        if !machine.state.mayReceive {
            require(machine.bufferedCapacity == 0, "a connection that has ended holds nothing")
        }
    }

    private mutating func observe(
        _ event: WebSocketMachine.Event, _ piece: borrowing Piece, _ consumed: Range<Int>,
        _ delivered: inout [(Range<Int>, [UInt8])]
    ) {
        func payload(_ place: WebSocketMachine.Payload, _ machine: inout WebSocketMachine) -> [UInt8] {
            switch place {
            case .input(let range):
                require(consumed.contains(range), "a payload lies in what its event consumed")
                delivered.append((range, piece.bytes(range)))
                return piece.bytes(range)
            case .assembled:
                guard takesAssembled else { return [] }
                return array(machine.takeAssembled())
            }
        }
        switch event {
        case .message(let kind, let place):
            let bytes = payload(place, &machine)
            require(
                bytes.count <= machine.limits.maximumMessageBytes,
                "a message of \(bytes.count) bytes is above the limit of \(machine.limits.maximumMessageBytes)")
            if kind == .text { require(String(validating: bytes, as: UTF8.self) != nil, "text is UTF-8") }
            events.append(.message(kind, bytes))
        case .ping(let place):
            let bytes = payload(place, &machine)
            require(bytes.count <= 125, "a Ping is short")
            events.append(.ping(bytes))
        case .pong(let place):
            let bytes = payload(place, &machine)
            require(bytes.count <= 125, "a Pong is short")
            events.append(.pong(bytes))
        case .close(let code, let reason):
            require(code.mayBeSent || code == .noStatusReceived && reason.isEmpty, "code \(code) was received")
            require(reason.utf8.count <= 123, "a reason is short")
            require(machine.state == .closeReceived(code), "a Close frame ends what is received")
            events.append(.close(code, reason))
        case .failure(let failure):
            require(machine.state == .failed(failure), "a failure is final")
            events.append(.failure(failure))
        }
    }

    /// Checks what must be true of a whole run in which nothing was sent but replies, and ends it.
    mutating func finish() {
        checkReplies()
        end()
    }

    /// Ends the stream and tries to go on.
    mutating func end() {
        for event in events.dropLast() { require(!event.isLast, "nothing comes after \(event)") }
        if events.last?.isLast == true { checkSilence() }
        let wasOver = !machine.state.mayReceive
        let lost = machine.receivedEndOfStream()
        require(lost == (wasOver ? nil : .close(.abnormalClosure, reason: "")), "a stream is lost once")
        require(machine.receivedEndOfStream() == nil, "a stream is lost once")
        require(machine.bufferedCapacity == 0, "a connection that has ended holds nothing")
        checkSilence()
        let seen = events.count
        feed([0x89, 0x80, 0, 0, 0, 0])
        require(events.count == seen, "input after the end is discarded")
    }

    /// Demands that an ended machine writes nothing, whatever it is asked for.
    private mutating func checkSilence() {
        var output = ByteQueue()
        let nothing = [UInt8]()
        let wrote = [
            machine.appendMessage(.binary, nothing.span.bytes, into: &output),
            machine.appendFragment(opcode: .text, fin: false, nothing.span.bytes, into: &output),
            machine.appendPing(nothing.span.bytes, into: &output),
            machine.appendPong(nothing.span.bytes, into: &output),
            machine.appendClose(.normalClosure, into: &output),
        ]
        require(!wrote.contains(true) && output.isEmpty, "an ended connection writes nothing")
    }

    /// Reads the replies as the peer does: a Pong for each Ping, then at most one Close frame.
    private func checkReplies() {
        var expected: [Observed] = []
        for event in events where !beganClosing {
            switch event {
            case .ping(let payload): expected.append(.pong(payload))
            case .close(let code, _): expected.append(.close(code, ""))
            case .failure(let failure): expected.append(.close(failure.code, failure.description))
            case .message, .pong: break
            }
        }
        let isServer = machine.role == .server
        var peer = WebSocketMachine(role: isServer ? .client : .server, maskingKeys: countingKeys())
        let piece = Piece(replies[...])
        var position = 0
        var output = ByteQueue()
        var found: [Observed] = []
        while let event = piece.change({ peer.next(in: &$0, at: &position, replies: &output) }) {
            switch event {
            case .pong(.input(let range)): found.append(.pong(piece.bytes(range)))
            case .close(let code, let reason): found.append(.close(code, reason))
            default: fatalError("broken invariant: \(event) as a reply")
            }
        }
        require(takesAssembled ? found == expected : found.count == expected.count, "\(found) answers \(events)")
    }
}

extension Range<Int> {
    fileprivate func contains(_ other: Range<Int>) -> Bool {
        other.lowerBound >= lowerBound && other.upperBound <= upperBound
    }
}

/// Masking keys that are the same in every run and differ from frame to frame.
func countingKeys() -> MaskingKeySource {
    MaskingKeySource { pool in
        for index in pool.indices { pool[index] = UInt8(truncatingIfNeeded: index &* 37 &+ 11) }
    }
}

/// Runs the same bytes through a new machine for each way of cutting and demands that it does the same.
func compareCuttings(_ bytes: [UInt8], _ ways: [Cutting], _ make: () -> WebSocketMachine) -> [Observed] {
    var first = MachineRun(make())
    first.feed(bytes, ways[0])
    let (events, replies, state) = (first.events, first.replies, first.machine.state)
    for way in ways.dropFirst() {
        var run = MachineRun(make())
        run.feed(bytes, way)
        require(
            run.events == events && run.replies == replies && run.machine.state == state,
            "cut into \(way): \(run.events) and \(run.replies) in \(run.machine.state), "
                + "whole: \(events) and \(replies) in \(state)")
        run.finish()
    }
    var careless = MachineRun(make(), takesAssembled: false)
    careless.feed(bytes, ways[ways.count - 1])
    require(
        careless.events.map(\.withoutPayload) == events.map(\.withoutPayload),
        "payloads that nobody takes change what follows")
    careless.finish()
    first.finish()
    return events
}
