import ArgumentParser
import Testing
import WebSocketProtocol

@testable import watertight

@Suite("Who may see a live page")
struct LiveAccessTests {
    private static let access = LiveAccess(token: "0123456789abcdef")

    private static func request(_ path: String, method: String = "GET", _ fields: [String: String]) -> RequestHead {
        var all = HTTPFields()
        for (name, value) in fields { all.append(name: name, value: value) }
        return RequestHead(method: method, target: path, fields: all)
    }

    @Test(
        "the page: with the token, under a name of this machine alone",
        arguments: [
            ("/0123456789abcdef", "127.0.0.1:7000", "GET", 200), ("/0123456789abcdef", "localhost:7000", "GET", 200),
            ("/0123456789abcdef", "evil.example:7000", "GET", 421),
            ("/0123456789abcdef", "127.0.0.1:7000", "POST", 405),
            ("/0123456789abcdee", "127.0.0.1:7000", "GET", 404), ("/", "127.0.0.1:7000", "GET", 404),
            ("/0123456789abcdef/", "127.0.0.1:7000", "GET", 404),
            ("/0123456789abcdef/events", "127.0.0.1:7000", "GET", 404),
        ])
    func page(path: String, host: String, method: String, status: Int) {
        let response = Self.access.response(to: Self.request(path, method: method, ["Host": host])) { "nonce \($0)" }
        #expect(response.status == status)
        #expect((status == 200) == String(decoding: response.body, as: UTF8.self).hasPrefix("nonce "))
    }

    @Test("its script runs by a number used once, and nothing else does")
    func policy() throws {
        let request = Self.request("/0123456789abcdef", ["Host": "127.0.0.1:7000"])
        let responses = (0..<2).map { _ in Self.access.response(to: request) { $0 } }
        let nonces = responses.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(nonces[0] != nonces[1] && nonces[0].count == 32)
        let policy = try #require(responses[0].fields["Content-Security-Policy"])
        #expect(policy.contains("default-src 'none'; script-src 'nonce-\(nonces[0])'"))
        #expect(policy.contains("frame-ancestors 'none'") && responses[0].fields["Referrer-Policy"] == "no-referrer")
    }

    @Test(
        "the socket: with the token, and from the page itself",
        arguments: [
            ("/0123456789abcdef/events", "127.0.0.1:7000", "http://127.0.0.1:7000", nil),
            ("/0123456789abcdef/events", "localhost:7000", "http://localhost:7000", nil),
            ("/0123456789abcdef/events", "127.0.0.1:7000", nil, nil),
            ("/0123456789abcdef/events", "127.0.0.1:7000", "http://127.0.0.1:8000", 403),
            ("/0123456789abcdef/events", "127.0.0.1:7000", "https://evil.example", 403),
            ("/0123456789abcdef/events", "127.0.0.1:7000", "null", 403),
            ("/0123456789abcdef/events", "evil.example", "http://evil.example", 421),
            ("/0123456789abcdef", "127.0.0.1:7000", nil, 404), ("/events", "127.0.0.1:7000", nil, 404),
        ] as [(String, String, String?, Int?)])
    func socket(path: String, host: String, origin: String?, status: Int?) {
        var fields = ["Host": host]
        fields["Origin"] = origin
        #expect(Self.access.refusal(of: Self.request(path, fields))?.status == status)
    }

    @Test("each run has a token of its own")
    func token() {
        #expect(LiveAccess().token != LiveAccess().token && LiveAccess().token.count == 32)
    }

    @Test("a number after --live is its port, and nothing else is")
    func option() throws {
        for (words, expected) in [
            (["check", "--live"], ["check", "--live=0"]), (["check", "--live", "7000"], ["check", "--live=7000"]),
            (["check", "--live", "ws://127.0.0.1:1/"], ["check", "--live=0", "ws://127.0.0.1:1/"]),
            (["check", "--live", "--", "node", "--live"], ["check", "--live=0", "--", "node", "--live"]),
            (["watch", "--live", "--pid", "7"], ["watch", "--live=0", "--pid", "7"]),
            (["check", "--live=7"], ["check", "--live=7"]), ([], []),
        ] {
            #expect(LiveOption.completed(words) == expected)
        }
        let command = try #require(try Watertight.parseAsRoot(["watch", "--live=0", "8080"]) as? WatchCommand)
        #expect(command.live.port == 0)
        #expect(throws: (any Error).self) { try Watertight.parseAsRoot(["watch", "--live=70000", "8080"]) }
    }
}
