import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 4.1: the client's opening handshake")
struct ClientHandshakeTests {
    static let key = Array("the sample nonce".utf8)
    static let answer = [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]

    enum Result: Equatable {
        case accepted(String?)
        case failed(ClientHandshakeFailure)
        case incomplete
    }

    static func result(_ pieces: [[UInt8]]) throws -> (Result, left: Int) {
        var handshake = try ClientHandshake(host: "h", target: "/", subprotocols: ["chat", "b", "K"], key: key)
        for (index, piece) in pieces.enumerated() {
            var position = 0
            switch handshake.receive(piece.span.bytes, at: &position) {
            case .needsMore: continue
            case .complete(let accepted):
                let rest = pieces[(index + 1)...].reduce(0) { $0 + $1.count }
                return (.accepted(accepted.subprotocol), piece.count - position + rest)
            case .failed(let failure): return (.failed(failure), 0)
            }
        }
        return (.incomplete, 0)
    }

    func expect(
        _ lines: [String], trailing: String = "", give expected: Result,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + trailing
        for pieces in cuts(of: Array(text.utf8)) {
            let (result, left) = try Self.result(pieces)
            guard result == expected else {
                Issue.record("\(pieces.map(\.count)): \(result)", sourceLocation: sourceLocation)
                return
            }
            if case .accepted = expected { #expect(left == trailing.utf8.count) }
        }
    }

    @Test("the request on the wire")
    func request() throws {
        let handshake = try ClientHandshake(
            host: "server.example.com:81", target: "/chat?x=1", fields: ["Authorization": "Basic eDp5"],
            subprotocols: ["chat", "superchat"], origin: "http://example.com", key: Self.key)
        var output = ByteQueue()
        handshake.encodeRequest(into: &output)
        #expect(
            string(output)
                == "GET /chat?x=1 HTTP/1.1\r\nHost: server.example.com:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
                + "Authorization: Basic eDp5\r\n\r\n")
    }

    @Test("accepted answers; what follows is left for the frames")
    func accepted() throws {
        try expect(Self.answer, trailing: "\u{1}\u{2}\0", give: .accepted(nil))
        try expect(Self.answer + ["Sec-WebSocket-Protocol: b"], give: .accepted("b"))
        try expect(
            ["HTTP/1.1 101", "upgrade: WebSocket", "connection: x, UPGRADE", Self.answer[3]], give: .accepted(nil))
        try expect(Self.answer + ["Sec-WebSocket-Extensions:"], give: .accepted(nil))
    }

    static let invalidAnswers: [([String], ClientHandshakeFailure.Reason)] = [
        ([answer[0], answer[2], answer[3]], .missingUpgrade),
        ([answer[0], "Upgrade: h2c", answer[2], answer[3]], .missingUpgrade),
        ([answer[0], answer[1], answer[3]], .missingConnectionUpgrade),
        ([answer[0], answer[1], "Connection: close", answer[3]], .missingConnectionUpgrade),
        ([answer[0], answer[1], answer[2]], .wrongAcceptKey),
        ([answer[0], answer[1], answer[2], "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo="], .wrongAcceptKey),
        (answer + [answer[3]], .wrongAcceptKey),
        (answer + ["Sec-WebSocket-Extensions: permessage-deflate"], .unofferedExtension("permessage-deflate")),
        (answer + ["Sec-WebSocket-Protocol: other"], .unofferedSubprotocol("other")),
        (answer + ["Sec-WebSocket-Protocol: Chat"], .unofferedSubprotocol("Chat")),
        (answer + ["Sec-WebSocket-Protocol: chat, b"], .severalSubprotocols),
        // U+212A, the Kelvin sign, is a K for Swift's ==.
        ([answer[0], "Upgrade: webSoc\u{212A}et", answer[2], answer[3]], .missingUpgrade),
        (
            [answer[0], answer[1], answer[2], "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRb\u{212A}+xOo="],
            .wrongAcceptKey
        ),
        (answer + ["Sec-WebSocket-Protocol: \u{212A}"], .unofferedSubprotocol("\u{212A}")),
        (["SSH-2.0-OpenSSH"], .malformedHead(.malformedStatusLine)),
        (["HTTP/1.1 1o1 x"], .malformedHead(.malformedStatusLine)),
        (["HTTP/1.1 1010 x"], .malformedHead(.malformedStatusLine)),
        (["HTTP/1.1 099 x"], .malformedHead(.malformedStatusLine)),
        (["HTTP/2.0 101 x"], .malformedHead(.unsupportedVersion)),
        ([answer[0], " folded: x"], .malformedHead(.foldedField)),
        ([answer[0], "a b: x"], .malformedHead(.malformedField)),
    ]

    @Test("invalid answers", arguments: invalidAnswers)
    func invalid(lines: [String], reason: ClientHandshakeFailure.Reason) throws {
        try expect(lines, give: .failed(.invalid(reason)))
        #expect(!ClientHandshakeFailure.invalid(reason).description.isEmpty)
    }

    @Test("another status is a refusal that carries the response", arguments: [200, 301, 401, 426, 503])
    func refused(status: Int) throws {
        try expect(
            ["HTTP/1.1 \(status) Some Words", "Location: /x"],
            give: .failed(.refused(ResponseHead(status: status, reason: "Some Words", fields: ["Location": "/x"]))))
    }

    static let badRequests: [(String, String, HTTPFields, [String], String?, Int, ClientRequestError)] = [
        ("", "/", [:], [], nil, 16, .invalidHost("")),
        ("a\r\nEvil: 1", "/", [:], [], nil, 16, .invalidHost("a\r\nEvil: 1")),
        ("a/b", "/", [:], [], nil, 16, .invalidHost("a/b")),
        ("a", "", [:], [], nil, 16, .invalidTarget("")),
        ("a", "x", [:], [], nil, 16, .invalidTarget("x")),
        ("a", "/ HTTP/1.1\r\nEvil: 1", [:], [], nil, 16, .invalidTarget("/ HTTP/1.1\r\nEvil: 1")),
        ("a", "/a#b", [:], [], nil, 16, .invalidTarget("/a#b")),
        ("a", "/é", [:], [], nil, 16, .invalidTarget("/é")),
        ("a", "/", ["X": "a\r\nEvil: 1"], [], nil, 16, .invalidField(name: "X")),
        ("a", "/", ["X": "a\nb"], [], nil, 16, .invalidField(name: "X")),
        ("a", "/", ["X": "a\0"], [], nil, 16, .invalidField(name: "X")),
        ("a", "/", ["X Y": "a"], [], nil, 16, .invalidField(name: "X Y")),
        ("a", "/", ["": "a"], [], nil, 16, .invalidField(name: "")),
        ("a", "/", ["host": "b"], [], nil, 16, .reservedField(name: "host")),
        ("a", "/", ["Sec-WebSocket-Extensions": "b"], [], nil, 16, .reservedField(name: "Sec-WebSocket-Extensions")),
        ("a", "/", [:], ["a,b"], nil, 16, .invalidSubprotocol("a,b")),
        ("a", "/", [:], [""], nil, 16, .invalidSubprotocol("")),
        ("a", "/", [:], ["a", "b", "a"], nil, 16, .invalidSubprotocol("a")),
        ("a", "/", [:], [], "x\r\ny", 16, .invalidOrigin("x\r\ny")),
        ("a", "/", [:], [], nil, 15, .invalidKey(byteCount: 15)),
    ]

    @Test("nothing given can break the request", arguments: badRequests.indices)
    func badRequest(index: Int) {
        let (host, target, fields, subprotocols, origin, keyBytes, expected) = Self.badRequests[index]
        do throws(ClientRequestError) {
            _ = try ClientHandshake(
                host: host, target: target, fields: fields, subprotocols: subprotocols, origin: origin,
                key: [UInt8](repeating: 0, count: keyBytes))
            Issue.record("accepted")
        } catch {
            #expect(error == expected)
            #expect(!error.description.contains("\r"), "a description never carries what broke the request")
        }
    }

    @Test("random keys have 16 bytes and differ")
    func randomKey() {
        let keys = (0..<50).map { _ in ClientHandshake.randomKey() }
        #expect(keys.allSatisfy { $0.count == 16 })
        #expect(Set(keys).count == 50)
    }

    @Test("both ends understand each other")
    func bothEnds() throws {
        var client = try ClientHandshake(host: "h", target: "/", subprotocols: ["b"])
        var wire = ByteQueue()
        client.encodeRequest(into: &wire)
        var parser = RequestHeadParser()
        var position = 0
        guard case .complete(let head) = parser.receive(wire.bytes, at: &position),
            case .upgrade(let acceptance) = ServerHandshake.evaluate(head, subprotocols: ["b"])
        else {
            Issue.record("the server refuses")
            return
        }
        wire.removeAll()
        acceptance.encode(into: &wire)
        position = 0
        guard case .complete(let accepted) = client.receive(wire.bytes, at: &position) else {
            Issue.record("the client refuses")
            return
        }
        #expect(accepted.subprotocol == "b")
    }
}
