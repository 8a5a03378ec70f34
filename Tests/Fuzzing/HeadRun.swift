/// What reading heads out of some input came to.
struct HeadRun<Head: Equatable>: Equatable {
    var heads: [Head] = []
    var failure: HandshakeFailure?
    /// Where each head ended and, last, where reading stopped.
    var ends: [Int] = []

    /// Reads head after head, as `receive` does it, and checks what holds for every input.
    init(_ bytes: [UInt8], _ cutting: Cutting, _ receive: (RawSpan, inout Int) -> Progress<Head, HandshakeFailure>) {
        var start = 0
        for part in cutting.pieces(of: bytes) {
            let piece = Piece(part)
            var position = 0
            reading: while true {
                let before = position
                let progress = piece.borrow { receive($0, &position) }
                require(position >= before && position <= piece.count, "the position only advances, up to the end")
                switch progress {
                case .needsMore:
                    require(position == piece.count, "more is needed only when all input is consumed")
                    break reading
                case .complete(let head):
                    require(position > before, "a head consumes its bytes")
                    heads.append(head)
                    ends.append(start + position)
                case .failed(let found):
                    failure = found
                    ends.append(start + position)
                    let again = piece.borrow { receive($0, &position) }
                    guard case .failed(found) = again else { fatalError("broken invariant: a failure is for ever") }
                    return
                }
            }
            start += piece.count
        }
        ends.append(start)
    }
}

/// Reads the same bytes once for each way of cutting and demands that the same comes of it.
func compareHeads<Head: Equatable>(
    _ bytes: [UInt8], _ ways: [Cutting], _ run: (Cutting) -> HeadRun<Head>
) -> HeadRun<Head> {
    let whole = run(ways[0])
    for way in ways.dropFirst() {
        let cut = run(way)
        require(cut == whole, "cut into \(way): \(cut), whole: \(whole)")
    }
    return whole
}

/// Limits that a head of a fuzzer's size can reach.
let headLimits = [
    HandshakeLimits(), HandshakeLimits(maximumHeadBytes: 300, maximumFieldCount: 6),
    HandshakeLimits(maximumHeadBytes: 40, maximumFieldCount: 2), HandshakeLimits(maximumHeadBytes: 0),
]

/// Limits that nothing written here reaches.
let noHeadLimits = HandshakeLimits(maximumHeadBytes: 1 << 24, maximumFieldCount: 1 << 20)

/// Reads the request that must stand in `bytes`, and nothing else.
func readRequest(_ bytes: [UInt8]) -> RequestHead {
    var parser = RequestHeadParser(limits: noHeadLimits)
    var position = 0
    guard case .complete(let head) = parser.receive(bytes.span.bytes, at: &position), position == bytes.count else {
        fatalError("broken invariant: what was written is no request: \(String(decoding: bytes, as: UTF8.self))")
    }
    return head
}

/// Reads the response that must stand at the beginning of `bytes`; what follows its head is its body.
func readResponse(_ bytes: [UInt8]) -> (head: ResponseHead, body: ArraySlice<UInt8>) {
    var parser = ResponseHeadParser(limits: noHeadLimits)
    var position = 0
    guard case .complete(let head) = parser.receive(bytes.span.bytes, at: &position) else {
        fatalError("broken invariant: what was written is no response: \(String(decoding: bytes, as: UTF8.self))")
    }
    return (head, bytes[position...])
}

/// Whether two texts are the same byte for byte; `==` also holds for other bytes of the same meaning.
func isSame(_ one: String, _ other: String) -> Bool { Array(one.utf8) == Array(other.utf8) }

/// Options for compression; nil for none.
func deflateOptions(_ input: inout FuzzInput) -> DeflateOptions? {
    let flags = input.byte()
    guard flags & 1 == 1 else { return nil }
    var options = DeflateOptions()
    options.localContextTakeover = flags & 2 == 0
    options.remoteContextTakeover = flags & 4 == 0
    let bits = input.byte()
    options.localWindowBits = 15 - Int(bits & 7)
    options.remoteWindowBits = 15 - Int(bits >> 3 & 7)
    return options
}
