import Testing

@testable import WebSocketProtocol

/// Reads a request from pieces; what is left of the piece that ends it is counted.
func readRequest(
    _ pieces: [[UInt8]], limits: HandshakeLimits = HandshakeLimits()
) -> (head: RequestHead?, failure: HandshakeFailure.Reason?, left: Int) {
    var parser = RequestHeadParser(limits: limits)
    for (index, piece) in pieces.enumerated() {
        var position = 0
        switch parser.receive(piece.span.bytes, at: &position) {
        case .needsMore:
            #expect(position == piece.count)
        case .complete(let head):
            return (head, nil, pieces[(index + 1)...].reduce(piece.count - position) { $0 + $1.count })
        case .failed(let failure):
            var again = 0
            guard case .failed(failure) = parser.receive(piece.span.bytes, at: &again) else {
                Issue.record("a failure is for ever")
                return (nil, nil, 0)
            }
            return (nil, failure.reason, 0)
        }
    }
    return (nil, nil, 0)
}

/// Demands the same from every cut of `text`.
func expectRequest(
    _ text: String, failure: HandshakeFailure.Reason? = nil, head: RequestHead? = nil, left: Int = 0,
    limits: HandshakeLimits = HandshakeLimits(), sourceLocation: SourceLocation = #_sourceLocation
) {
    for pieces in cuts(of: Array(text.utf8)) {
        let result = readRequest(pieces, limits: limits)
        guard result.failure == failure, head == nil || result.head == head, result.left == left,
            (failure == nil) == (result.head != nil)
        else {
            Issue.record("\(pieces.map(\.count)): \(result)", sourceLocation: sourceLocation)
            return
        }
    }
}

@Suite("RFC 9112, sections 2 to 5: requests")
struct RequestHeadTests {
    @Test("a whole request, and what follows it is left")
    func whole() {
        let fields: HTTPFields = ["Host": "a:1", "X-Empty": "", "x-spaced": "b  c", "X-Tab": "d"]
        expectRequest(
            "GET /chat?x=1 HTTP/1.1\r\nHost: a:1\r\nX-Empty:\r\nx-spaced: \t b  c \t\r\nX-Tab:d\t\r\n\r\n\u{1}\0\r\r\n",
            head: RequestHead(method: "GET", target: "/chat?x=1", fields: fields), left: 5)
    }

    @Test(
        "accepted forms",
        arguments: [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
            "GET http://a/b?c HTTP/1.1\r\nHost: x\r\n\r\n", "GET ws://[::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
            "X-Y!~ /%zz HTTP/1.9\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nhOsT: a\r\nX: é\r\n\r\n",
        ])
    func accepted(text: String) {
        expectRequest(text)
    }

    static let refused: [(String, HandshakeFailure.Reason)] = [
        ("\r\n", .malformedRequestLine),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineEnding),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareLineEnding),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineEnding),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n", .bareLineEnding),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineEnding),
        ("GET / HTTP/1.1\r\nHost: a\r\n\rx", .bareLineEnding),
        ("\n", .bareLineEnding),
        ("\u{16}\u{3}\u{1}\0", .nulByte),
        ("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", .nulByte),
        ("GET /\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/1,1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", .unsupportedVersion),
        ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
        ("GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", .foldedField),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .malformedField),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", .malformedField),
        ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", .malformedField),
        ("GET / HTTP/1.1\r\nHost: a\r\nX@: x\r\n\r\n", .malformedField),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}b\r\n\r\n", .malformedField),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7F}b\r\n\r\n", .malformedField),
        ("GET / HTTP/1.1\r\n\r\n", .hostCount(0)),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .hostCount(2)),
        ("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", .hostCount(2)),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", .malformedHost),
        ("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", .malformedHost),
        ("GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n", .malformedHost),
    ]

    @Test("refused forms, however cut", arguments: refused)
    func refusal(text: String, reason: HandshakeFailure.Reason) {
        expectRequest(text, failure: reason)
    }

    @Test("a bare line ending is refused at once")
    func atOnce() {
        #expect(readRequest([Array("GET /\n".utf8)]).failure == .bareLineEnding)
        #expect(readRequest([Array("GET /\rx".utf8)]).failure == .bareLineEnding)
        #expect(readRequest([Array("GET /\r".utf8)]).failure == nil)
    }

    @Test("the head's size is limited, its blank line included")
    func size() {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let count = text.utf8.count
        expectRequest(text + "more", left: 4, limits: HandshakeLimits(maximumHeadBytes: count))
        expectRequest(
            text, failure: .headTooLarge(limit: count - 1), limits: HandshakeLimits(maximumHeadBytes: count - 1))
        expectRequest(
            String(repeating: "a", count: 101), failure: .headTooLarge(limit: 100),
            limits: HandshakeLimits(maximumHeadBytes: 100))
    }

    @Test("the number of fields is limited")
    func fieldCount() {
        let text = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n"
        expectRequest(text, limits: HandshakeLimits(maximumFieldCount: 3))
        expectRequest(text, failure: .tooManyFields(limit: 2), limits: HandshakeLimits(maximumFieldCount: 2))
    }

    @Test("a parser reads one head after another")
    func sequence() {
        var parser = RequestHeadParser()
        let bytes = Array("GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n".utf8)
        var position = 0
        for target in ["/1", "/2"] {
            guard case .complete(let head) = parser.receive(bytes.span.bytes, at: &position) else {
                Issue.record("no head")
                return
            }
            #expect(head.target == target)
        }
        #expect(position == bytes.count)
    }

    static let targets: [(String, String, [[String]], String)] = [
        ("/", "/", [], "h"), ("/a/b", "/a/b", [], "h"), ("/?", "/", [], "h"), ("/a%20b", "/a%20b", [], "h"),
        ("/runCase?case=1&agent=Water%20tight", "/runCase", [["case", "1"], ["agent", "Water tight"]], "h"),
        ("/?a&b=&=c&&d=e=f?", "/", [["a", ""], ["b", ""], ["", "c"], ["d", "e=f?"]], "h"),
        ("/?x=%zz%4&y=%C3%A4%ff+", "/", [["x", "%zz%4"], ["y", "ä\u{FFFD}+"]], "h"),
        ("ws://other:81/p?q=1", "/p", [["q", "1"]], "other:81"), ("http://other", "/", [], "other"),
        ("http://other?q", "/", [["q", ""]], "other"),
    ]

    @Test(
        "the segments of a path, percent-decoded",
        arguments: [
            ("/", []), ("/a/b?c/d", ["a", "b"]), ("//a//b/", ["a", "b"]), ("/%61%2Fb/%C3%A4", ["a/b", "ä"]),
            ("/%zz/%ff", ["%zz", "\u{FFFD}"]), ("ws://other/a", ["a"]),
        ] as [(String, [String])])
    func segments(target: String, segments: [String]) {
        #expect(RequestHead(method: "GET", target: target, fields: [:]).pathSegments == segments)
    }

    @Test("path, query and host of a target", arguments: targets)
    func target(target: String, path: String, items: [[String]], host: String) {
        let head = RequestHead(method: "GET", target: target, fields: ["Host": "h", "Origin": "http://o"])
        #expect(head.path == path)
        #expect(head.queryItems.map { [$0.name, $0.value] } == items)
        #expect(head.host == host)
        #expect(head.origin == "http://o")
    }
}

@Suite("RFC 9112, section 3: what is held of a head that does not end")
struct UnfinishedHeadTests {
    @Test("at most twice the limit, and nothing once it is refused", arguments: [1, 7, 4096])
    func bounded(pieceBytes: Int) {
        let limits = HandshakeLimits(maximumHeadBytes: 16_384)
        var request = RequestHeadParser(limits: limits)
        var response = ResponseHeadParser(limits: limits)
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: pieceBytes)
        var fed = 0
        while fed + pieceBytes <= limits.maximumHeadBytes {
            var (position, otherPosition) = (0, 0)
            guard case .needsMore = request.receive(piece.span.bytes, at: &position),
                case .needsMore = response.receive(piece.span.bytes, at: &otherPosition)
            else {
                Issue.record("refused after \(fed) bytes")
                return
            }
            fed += pieceBytes
            #expect(request.bufferedCapacity >= fed && request.bufferedCapacity <= 2 * limits.maximumHeadBytes)
            #expect(response.bufferedCapacity >= fed && response.bufferedCapacity <= 2 * limits.maximumHeadBytes)
        }
        var position = 0
        guard case .failed(let failure) = request.receive(piece.span.bytes, at: &position) else {
            Issue.record("a head over the limit is taken")
            return
        }
        #expect(failure.reason == .headTooLarge(limit: 16_384))
        #expect(request.bufferedCapacity == 0)
    }
}

@Suite("RFC 9110, section 5: fields")
struct HTTPFieldsTests {
    let fields: HTTPFields = ["Accept": "a, B ,,\t c", "X": "1", "accept": "D", "x": "2"]

    @Test("names are compared regardless of case, order is kept")
    func lookup() {
        #expect(fields["x"] == "1" && fields["X"] == "1" && fields["y"] == nil)
        #expect(fields.values(of: "X") == ["1", "2"])
        #expect(["a", "B", "b", "c", "d"].allSatisfy { fields.hasToken($0, in: "ACCEPT") })
        #expect(!["", "a, B", "e", "c "].contains { fields.hasToken($0, in: "Accept") })
        #expect(!fields.hasToken("a", in: "Accep"))
        #expect(fields.onlyValue(of: "x") == nil && fields.onlyValue(of: "y") == nil)
        #expect((["Host": "h", "X": "1"] as HTTPFields).onlyValue(of: "host") == "h")
        #expect(fields.elements(of: "Accept") == ["a", "B", "c", "D"])
        #expect(fields.map(\.name) == ["Accept", "X", "accept", "x"])
    }

    @Test("equality: names regardless of case, values exactly, order matters")
    func equality() {
        #expect((["a": "1"] as HTTPFields) == ["A": "1"])
        #expect((["a": "x"] as HTTPFields) != ["a": "X"])
        #expect((["a": "K"] as HTTPFields) != ["a": "\u{212A}"])
        #expect(!(["a": "\u{212A}"] as HTTPFields).hasToken("k", in: "a"))
        #expect((["a": "1", "b": "2"] as HTTPFields) != ["b": "2", "a": "1"])
        #expect((["a": "1"] as HTTPFields).hashValue == (["A": "1"] as HTTPFields).hashValue)
    }

    @Test("no value can end its line")
    func injection() {
        let fields: HTTPFields = ["A": "x\r\nEvil: 1", "B\r\nEvil": "2", "": "3", "C": "\0ä\t"]
        var output = ByteQueue()
        fields.encode(into: &output)
        #expect(string(output) == "A: x  Evil: 1\r\nC:  ä\t\r\n")
    }
}
