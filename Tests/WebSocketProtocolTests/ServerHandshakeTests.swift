import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 4.2: the server's opening handshake")
struct ServerHandshakeTests {
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    /// The example request with some fields replaced; nil leaves one out.
    static func request(
        _ method: String = "GET", minorVersion: Int = 1, changing changes: [(String, String?)] = []
    ) -> RequestHead {
        var fields: HTTPFields = [
            "Host": "server.example.com", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
            "Origin": "http://example.com", "Sec-WebSocket-Version": "13",
        ]
        for (name, value) in changes {
            if let value {
                if !name.hasPrefix("+") { fields.removeAll(named: name) }
                fields.append(name: name.hasPrefix("+") ? String(name.dropFirst()) : name, value: value)
            } else {
                fields.removeAll(named: name)
            }
        }
        return RequestHead(method: method, target: "/chat", minorVersion: minorVersion, fields: fields)
    }

    @Test("the example of section 1.3")
    func example() throws {
        let head = Self.request(changing: [("Sec-WebSocket-Protocol", "chat, superchat")])
        guard case .upgrade(var acceptance) = ServerHandshake.evaluate(head, subprotocols: ["superchat", "chat"]) else {
            Issue.record("not accepted")
            return
        }
        #expect(acceptance.acceptKey == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(acceptance.subprotocol == "chat", "the client's first, not the server's")
        acceptance.fields.append(name: "Server", value: "x\r\nEvil: 1")
        var output = ByteQueue()
        acceptance.encode(into: &output)
        #expect(
            string(output)
                == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
                + "Server: x  Evil: 1\r\n\r\n")
    }

    static let accepted: [[(String, String?)]] = [
        [], [("Upgrade", "WebSocket")], [("Upgrade", "h2c, websocket")], [("Connection", "keep-alive, upgrade")],
        [("Connection", "keep-alive"), ("+Connection", "Upgrade")], [("Origin", nil)], [("Content-Length", "0")],
        [("Sec-WebSocket-Extensions", "permessage-deflate")], [("Content-Length", "0"), ("+Content-Length", "0")],
    ]

    @Test("accepted requests, without an extension or subprotocol", arguments: accepted)
    func acceptance(changes: [(String, String?)]) {
        guard case .upgrade(let acceptance) = ServerHandshake.evaluate(Self.request(changing: changes)) else {
            Issue.record("not accepted")
            return
        }
        #expect(acceptance.subprotocol == nil)
        var output = ByteQueue()
        acceptance.encode(into: &output)
        #expect(!string(output).contains("Extensions") && !string(output).contains("Protocol:"))
    }

    static let refused: [([(String, String?)], HandshakeFailure.Reason, Int)] = [
        ([("Connection", nil)], .missingConnectionUpgrade, 400),
        ([("Connection", "close")], .missingConnectionUpgrade, 400),
        ([("Connection", "upgraded")], .missingConnectionUpgrade, 400),
        ([("Sec-WebSocket-Version", nil)], .unsupportedWebSocketVersion, 426),
        ([("Sec-WebSocket-Version", "8")], .unsupportedWebSocketVersion, 426),
        ([("Sec-WebSocket-Version", "13, 8")], .unsupportedWebSocketVersion, 426),
        ([("+Sec-WebSocket-Version", "8")], .unsupportedWebSocketVersion, 426),
        ([("Sec-WebSocket-Key", nil)], .invalidKey, 400),
        ([("Sec-WebSocket-Key", "")], .invalidKey, 400),
        ([("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ")], .invalidKey, 400),
        ([("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZR==")], .invalidKey, 400),
        ([("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j")], .invalidKey, 400),
        ([("+Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")], .invalidKey, 400),
        ([("Sec-WebSocket-Protocol", "a b")], .malformedSubprotocol, 400),
        ([("Content-Length", "5")], .bodyNotAllowed, 400),
        ([("Transfer-Encoding", "chunked")], .bodyNotAllowed, 400),
        ([("Content-Length", "x")], .malformedContentLength, 400),
        ([("Content-Length", "-1")], .malformedContentLength, 400),
        ([("Content-Length", "0"), ("+Content-Length", "1")], .malformedContentLength, 400),
    ]

    @Test("refused requests and their status", arguments: refused)
    func refusal(changes: [(String, String?)], reason: HandshakeFailure.Reason, status: Int) {
        let decision = ServerHandshake.evaluate(Self.request(changing: changes))
        #expect(decision == .refuse(HandshakeFailure(reason)))
        #expect(HandshakeFailure(reason).status == status)
        #expect(HandshakeFailure(reason).description.hasPrefix("\(status): "))
    }

    @Test("method and version")
    func methodAndVersion() {
        #expect(ServerHandshake.evaluate(Self.request("POST")) == .refuse(HandshakeFailure(.methodNotAllowed)))
        #expect(HandshakeFailure(.methodNotAllowed).status == 405)
        #expect(
            ServerHandshake.evaluate(Self.request(minorVersion: 0)) == .refuse(HandshakeFailure(.unsupportedVersion)))
        #expect(HandshakeFailure(.unsupportedVersion).status == 505)
    }

    @Test(
        "a request that asks for nothing, or for something else, is plain HTTP",
        arguments: [nil, "h2c", "websockets", "webSoc\u{212A}et"])
    func plain(upgrade: String?) {
        #expect(ServerHandshake.evaluate(Self.request(changing: [("Upgrade", upgrade)])) == .notUpgrade)
        #expect(ServerHandshake.evaluate(Self.request("POST", changing: [("Upgrade", upgrade)])) == .notUpgrade)
    }

    @Test("subprotocols are compared with their case")
    func subprotocolCase() {
        let head = Self.request(changing: [("Sec-WebSocket-Protocol", "Chat"), ("+Sec-WebSocket-Protocol", "b")])
        guard case .upgrade(let acceptance) = ServerHandshake.evaluate(head, subprotocols: ["chat", "b"]) else {
            Issue.record("not accepted")
            return
        }
        #expect(acceptance.subprotocol == "b")
    }
}

@Suite("RFC 9112, section 4: plain responses")
struct HTTPResponseTests {
    static let cases: [(HTTPResponse, String)] = [
        (HTTPResponse(status: 200), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        (
            HTTPResponse(status: 404, text: "no ä"),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: 5\r\n\r\nno ä"
        ),
        (
            HTTPResponse(status: 405, body: [0x61]),
            "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"
        ),
        (
            HTTPResponse(status: 426),
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n"
        ),
        (
            HTTPResponse(status: 299, fields: ["content-length": "9", "X": "a\r\nb"]),
            "HTTP/1.1 299 \r\nX: a  b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        ),
    ]

    @Test("on the wire", arguments: cases)
    func encode(response: HTTPResponse, text: String) {
        var output = ByteQueue()
        response.encode(into: &output)
        #expect(string(output) == text)
    }

    @Test("a refusal says what to do")
    func refusal() {
        var output = ByteQueue()
        HTTPResponse(refusing: HandshakeFailure(.headTooLarge(limit: 16384))).encode(into: &output)
        #expect(string(output).hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"))
        #expect(string(output).hasSuffix("\r\n\r\n431: the head exceeds 16384 bytes; send fewer or shorter fields\n"))
    }
}
