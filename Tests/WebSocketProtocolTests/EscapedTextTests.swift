import Testing
import WebSocketProtocol

@Suite("Text from the network cannot drive a terminal or forge a line")
struct EscapedTextTests {
    @Test(arguments: [
        ("plain, äöü €🦺", "plain, äöü €🦺"), ("\u{1B}[2J", "\\u{1b}[2J"), ("\u{9B}31m", "\\u{9b}31m"),
        ("a\r\nb\u{2028}c", "a\\u{d}\\u{a}b\\u{2028}c"), ("\u{202E}gpj.exe", "\\u{202e}gpj.exe"), ("\0", "\\u{0}"),
    ])
    func escapes(text: String, escaped: String) {
        #expect(text.escapedForTerminal == escaped)
    }

    @Test("a refusal's reason")
    func refusal() {
        let head = ResponseHead(status: 503, reason: "\u{9B}31m gone", fields: HTTPFields())
        #expect("\(ClientHandshakeFailure.refused(head))".contains("503 \\u{9b}31m gone"))
    }
}
