import Testing

@testable import WebSocketProtocol

@Suite("RFC 7692, sections 5 and 7.1: negotiation")
struct DeflateNegotiationTests {
    private func head(_ extensions: [String]) -> RequestHead {
        var fields: HTTPFields = [
            "Host": "x", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        for text in extensions { fields.append(name: "Sec-WebSocket-Extensions", value: text) }
        return RequestHead(method: "GET", target: "/", fields: fields)
    }

    private static func options(
        local: Bool = true, remote: Bool = true, localBits: Int = 15, remoteBits: Int = 15
    ) -> DeflateOptions {
        var options = DeflateOptions()
        options.localContextTakeover = local
        options.remoteContextTakeover = remote
        options.localWindowBits = localBits
        options.remoteWindowBits = remoteBits
        return options
    }

    /// Offers, the server's options, and the answer on the wire; nil where the connection goes on uncompressed.
    @Test(
        arguments: [
            ("permessage-deflate", options(), "permessage-deflate"),
            ("Permessage-Deflate", options(), "permessage-deflate"),
            ("permessage-deflate; client_max_window_bits", options(), "permessage-deflate"),
            (
                "permessage-deflate; client_max_window_bits", options(remoteBits: 10),
                "permessage-deflate; client_max_window_bits=10"
            ),
            (
                "permessage-deflate; client_max_window_bits=9", options(remoteBits: 10),
                "permessage-deflate; client_max_window_bits=9"
            ),
            ("permessage-deflate", options(remoteBits: 10), "permessage-deflate"),
            (
                "permessage-deflate; server_max_window_bits=10", options(),
                "permessage-deflate; server_max_window_bits=10"
            ),
            (
                "permessage-deflate; server_max_window_bits=\"10\"", options(),
                "permessage-deflate; server_max_window_bits=10"
            ),
            (
                "permessage-deflate; server_max_window_bits=8", options(),
                "permessage-deflate; server_max_window_bits=8"
            ),
            (
                "permessage-deflate; server_max_window_bits=12", options(localBits: 11),
                "permessage-deflate; server_max_window_bits=11"
            ),
            (
                "permessage-deflate; server_no_context_takeover", options(),
                "permessage-deflate; server_no_context_takeover"
            ),
            (
                "permessage-deflate", options(local: false, remote: false),
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            ),
            ("x-other; a=b, permessage-deflate", options(), "permessage-deflate"),
            (
                "permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=9", options(),
                "permessage-deflate; server_max_window_bits=9"
            ),
            ("permessage-deflate; server_max_window_bits=16", options(), nil),
            ("permessage-deflate; server_max_window_bits=08", options(), nil),
            ("permessage-deflate; server_max_window_bits", options(), nil),
            ("permessage-deflate; server_no_context_takeover=1", options(), nil),
            ("permessage-deflate; client_max_window_bits=9; client_max_window_bits=9", options(), nil),
            ("permessage-deflate; unheard_of", options(), nil),
            ("x-webkit-deflate-frame", options(), nil),
        ] as [(String, DeflateOptions, String?)])
    func serverAnswers(offer: String, options: DeflateOptions, answer: String?) throws {
        guard case .upgrade(let acceptance) = ServerHandshake.evaluate(head([offer]), deflate: options) else {
            Issue.record("the handshake was refused")
            return
        }
        var output = ByteQueue()
        acceptance.encode(into: &output)
        let lines = string(output).split(separator: "\r\n").filter { $0.hasPrefix("Sec-WebSocket-Extensions") }
        #expect(lines.map(String.init) == (answer.map { ["Sec-WebSocket-Extensions: \($0)"] } ?? []))
        #expect((acceptance.deflate == nil) == (answer == nil))
    }

    @Test("a server that does not compress does not answer")
    func serverWithout() {
        guard case .upgrade(let acceptance) = ServerHandshake.evaluate(head(["permessage-deflate"])) else {
            Issue.record("refused")
            return
        }
        #expect(acceptance.deflate == nil)
    }

    @Test(
        "a field that is no extension list is refused",
        arguments: [
            "permessage-deflate;", "a b", "=", "x; y=\"a b\"", "x; y=\"", "x; y=\"\"", "x;;y",
            // U+037E, which looks like a semicolon and is one for Swift's ==.
            "permessage-deflate\u{37E} server_no_context_takeover",
        ])
    func malformed(offer: String) {
        #expect(
            ServerHandshake.evaluate(head([offer]), deflate: Self.options())
                == .refuse(HandshakeFailure(.malformedExtension)))
    }

    @Test(
        "the client's offer",
        arguments: [
            (options(), "permessage-deflate; client_max_window_bits"),
            (
                options(local: false, remote: false),
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"
            ),
            (
                options(localBits: 9, remoteBits: 10),
                "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9"
            ),
        ])
    func clientOffers(options: DeflateOptions, offer: String) {
        #expect(options.offer.text == offer)
    }

    /// Answers to a client's offer; nil where the client must fail the connection.
    @Test(
        arguments: [
            (options(), "permessage-deflate", (true, true, 15, 15)),
            (options(), "permessage-deflate; server_no_context_takeover", (true, false, 15, 15)),
            (options(), "permessage-deflate; client_no_context_takeover", (false, true, 15, 15)),
            (options(), "permessage-deflate; client_max_window_bits=9", (true, true, 9, 15)),
            (options(), "permessage-deflate; server_max_window_bits=9", (true, true, 15, 9)),
            (options(remote: false), "permessage-deflate; server_no_context_takeover", (true, false, 15, 15)),
            (options(remote: false), "permessage-deflate", nil),
            (options(remoteBits: 10), "permessage-deflate; server_max_window_bits=10", (true, true, 15, 10)),
            (options(remoteBits: 10), "permessage-deflate; server_max_window_bits=11", nil),
            (options(remoteBits: 10), "permessage-deflate", nil),
            (options(), "permessage-deflate; client_max_window_bits", nil),
            (options(), "permessage-deflate; surprise", nil),
            (options(), "permessage-deflate, permessage-deflate", nil),
            (options(), "other", nil),
        ] as [(DeflateOptions, String, (Bool, Bool, Int, Int)?)])
    func clientReads(options: DeflateOptions, answer: String, expected: (Bool, Bool, Int, Int)?) throws {
        let key = Array("the sample nonce".utf8)
        var handshake = try ClientHandshake(host: "x", target: "/", key: key, deflate: options)
        let response =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: \(answer)\r\n\r\n"
        let bytes = Array(response.utf8)
        var position = 0
        let progress = handshake.receive(bytes.span.bytes, at: &position)
        if let expected {
            guard case .complete(let accepted) = progress, let deflate = accepted.deflate else {
                Issue.record("\(progress)")
                return
            }
            #expect(deflate.localContextTakeover == expected.0)
            #expect(deflate.remoteContextTakeover == expected.1)
            #expect(deflate.localWindowBits == expected.2)
            #expect(deflate.remoteWindowBits == expected.3)
        } else {
            guard case .failed(.invalid) = progress else {
                Issue.record("\(progress)")
                return
            }
        }
    }

    @Test("an answer to no offer fails the connection")
    func unoffered() throws {
        var handshake = try ClientHandshake(host: "x", target: "/", key: Array("the sample nonce".utf8))
        let response =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        let bytes = Array(response.utf8)
        var position = 0
        guard case .failed(.invalid(.unofferedExtension)) = handshake.receive(bytes.span.bytes, at: &position) else {
            Issue.record("an extension that was not offered was taken")
            return
        }
    }
}
