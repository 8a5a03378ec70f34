import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 3: URIs")
struct WebSocketURLTests {
    static let good: [(String, String, UInt16, String, String)] = [
        ("ws://a", "a", 80, "/", "a"), ("WS://a/", "a", 80, "/", "a"), ("ws://a:80/x", "a", 80, "/x", "a"),
        ("ws://a:9001/x?y=1&z", "a", 9001, "/x?y=1&z", "a:9001"), ("ws://a?q", "a", 80, "/?q", "a"),
        ("ws://a:1?q", "a", 1, "/?q", "a:1"), ("ws://127.0.0.1:65535", "127.0.0.1", 65535, "/", "127.0.0.1:65535"),
        ("ws://[::1]", "::1", 80, "/", "[::1]"), ("ws://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"),
        ("ws://[::ffff:1.2.3.4]/", "::ffff:1.2.3.4", 80, "/", "[::ffff:1.2.3.4]"),
        ("ws://a/%20%zz", "a", 80, "/%20%zz", "a"), ("ws://a/ws://b@c", "a", 80, "/ws://b@c", "a"),
        ("ws://xn--bcher-kva.example/", "xn--bcher-kva.example", 80, "/", "xn--bcher-kva.example"),
        ("ws://a:080/", "a", 80, "/", "a"), ("wss://a", "a", 443, "/", "a"), ("WSS://a:443/", "a", 443, "/", "a"),
        ("wss://a:80/x", "a", 80, "/x", "a:80"), ("ws://a:443/", "a", 443, "/", "a:443"),
        ("wss://[::1]:9001/?y", "::1", 9001, "/?y", "[::1]:9001"),
    ]

    @Test("what can be opened", arguments: good)
    func valid(text: String, host: String, port: UInt16, target: String, hostField: String) throws {
        let url = try WebSocketURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.hostField == hostField)
        #expect(url.isSecure == text.lowercased().hasPrefix("wss:"))
        #expect(try WebSocketURL(url.description) == url)
    }

    static let bad: [(String, WebSocketURLError)] = [
        ("", .missingScheme), ("a", .missingScheme), ("/x", .missingScheme), ("ws:/a", .missingScheme),
        ("ws:a", .missingScheme), ("localhost:80", .missingScheme), ("http://a/", .unsupportedScheme("http")),
        ("://a/", .unsupportedScheme("")), ("wsss://a/", .unsupportedScheme("wsss")),
        ("ws://a/#b", .fragment), ("ws://a#", .fragment), ("ws://a/b c", .forbiddenCharacter),
        (" ws://a/", .forbiddenCharacter), ("ws://a/\r\n", .forbiddenCharacter), ("ws://a/\u{7F}", .forbiddenCharacter),
        ("ws://ä/", .forbiddenCharacter), ("ws://u@a/", .credentials), ("ws://u:p@a/", .credentials),
        ("ws://", .invalidHost), ("ws:///x", .invalidHost), ("ws://:80/", .invalidHost), ("ws://a\\b/", .invalidHost),
        ("ws://[::1/", .invalidHost), ("ws://[]/", .invalidHost), ("ws://[::1]x/", .invalidHost),
        ("ws://[g::1]/", .invalidHost), ("ws://[1.2.3.4]/", .invalidHost), ("ws://::1/", .invalidHost),
        ("ws://a]/", .invalidHost), ("ws://a:/", .invalidPort), ("ws://a:0/", .invalidPort),
        ("ws://a:65536/", .invalidPort), ("ws://a:-1/", .invalidPort), ("ws://a:+1/", .invalidPort),
        ("ws://a:8x/", .invalidPort), ("ws://a:1:2/", .invalidPort), ("ws://a:99999999999999999999/", .invalidPort),
    ]

    @Test("what cannot, and why", arguments: bad)
    func invalid(text: String, expected: WebSocketURLError) {
        #expect(throws: expected) { try WebSocketURL(text) }
        #expect(!expected.description.isEmpty)
    }
}
