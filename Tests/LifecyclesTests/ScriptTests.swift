import Lifecycles
import TLS
import Testing

@Suite("Lifecycles as text")
struct ScriptTests {
    private func steps(_ text: String) throws -> [Lifecycle.Step] {
        try Lifecycle(name: "t.lifecycle", script: text).steps
    }

    private func mistake(_ text: String) -> ScriptMistake? {
        do {
            _ = try Lifecycle(name: "t.lifecycle", script: text)
            return nil
        } catch {
            return error
        }
    }

    @Test("every lifecycle of every profile is printed and read back exactly", arguments: Lifecycle.all)
    func catalogue(lifecycle: Lifecycle) throws {
        let read = try Lifecycle(name: lifecycle.name, script: lifecycle.script)
        #expect(read.steps == lifecycle.steps && read.summary == lifecycle.summary && read.finds == lifecycle.finds)
        #expect(read.script == lifecycle.script)
        #expect(read.source == lifecycle.script && lifecycle.source == nil)
        // What is not public, such as the receive buffer, stands in the text.
        let text = lifecycle.script
        #expect(text.contains("receive-buffer 4096") == (lifecycle.name == "slow-reader"))
    }

    @Test(
        "every step that a user can write",
        arguments: [
            ("open /chat?user={n}", [.sendRequestFor(Template("/chat?user={n}")), .awaitUpgrade]),
            (
                "tls hello half\nawait server-hello\nawait unread",
                [.tls(.hello(.half)), .tls(.awaitServerHello), .awaitUnread]
            ), ("tls off\nrequest\nawait end", [.tls(.off), .sendRequest, .awaitEnd]),
            (
                "tls handshake resuming\nopen\ntls close-notify off\ntls record corrupt\ntls update-keys 3\ntls renegotiate",
                [
                    .tls(.handshake(.resuming)), .sendRequest, .awaitUpgrade, .tls(.closeNotifyOff),
                    .tls(.record(.corrupt)), .tls(.updateKeys(3)), .tls(.renegotiate),
                ]
            ),
            (
                "http GET /a?u={n}   # a comment\nhttp POST /b  {\"u\": \"{line}\"} # x\nexpect \"t\" within 2s\ncapture t from /t\nopen /c?t={t}",
                [
                    .http(HTTPRequest(.get, Template("/a?u={n}"))),
                    .http(HTTPRequest(.post, Template("/b"), body: Template("{\"u\": \"{line}\"} # x"))),
                    .expect(.text(Template("t")), within: .seconds(2)), .capture("t", from: JSONPointer("/t")!),
                    .sendRequestFor(Template("/c?t={t}")), .awaitUpgrade,
                ]
            ),
            (
                "repeat 2 {\nhttp POST {path}/a \"# \\n{n}\"\n}\nhttp POST /b \"\"",
                [
                    .http(HTTPRequest(.post, Template("{path}/a"), body: Template("# \n{n}"))),
                    .http(HTTPRequest(.post, Template("{path}/a"), body: Template("# \n{n}"))),
                    .http(HTTPRequest(.post, Template("/b"))),
                ]
            ),
            ("open   # a comment", [.sendRequest, .awaitUpgrade]),
            ("request /x\nawait upgrade", [.sendRequestFor(Template("/x")), .awaitUpgrade]),
            ("request faulty no-upgrade\nawait refusal", [.sendFaultyRequest(.noUpgrade), .awaitRefusal]),
            (
                "open\nsend {\"join\": \"room{n}\"}  # text",
                [
                    .sendRequest, .awaitUpgrade, .send(Template("{\"join\": \"room{n}\"}  # text")),
                ]
            ),
            (
                "open\nsend \"a\\nb\\x00\\{n}{n}\"",
                [.sendRequest, .awaitUpgrade, .send(Template("a\nb\0").with("{n}", Template("{n}")))]
            ),
            (
                "open\nsend-binary 00 ff10\nsend-bytes 81 80 00000000",
                [
                    .sendRequest, .awaitUpgrade, .sendBinary([0, 255, 16]), .sendOctets([0x81, 0x80, 0, 0, 0, 0]),
                ]
            ),
            (
                "open\nexpect \"joined\" within 2s\ncapture id from /a~1b/0\nsend {id}",
                [
                    .sendRequest, .awaitUpgrade, .expect(.text(Template("joined")), within: .seconds(2)),
                    .capture("id", from: JSONPointer("/a~1b/0")!), .send(Template("{id}")),
                ]
            ),
            (
                "open\nexpect /jo+\\d \\/x/\nexpect bytes 20 02 00 00 within 250ms",
                [
                    .sendRequest, .awaitUpgrade, .expect(.pattern("jo+\\d /x"), within: nil),
                    .expect(.bytes([0x20, 2, 0, 0]), within: .milliseconds(250)),
                ]
            ),
            ("open\nclose\nawait close", [.sendRequest, .awaitUpgrade, .sendClose, .awaitClose]),
            (
                "open\nclose 4001 good bye",
                [
                    .sendRequest, .awaitUpgrade, .sendCloseWith(4001, reason: Template("good bye")),
                ]
            ),
            (
                "open\nreading off\nhold 500ms\nreading on\nhold",
                [
                    .sendRequest, .awaitUpgrade, .stopReading, .holdFor(.milliseconds(500)), .resumeReading, .hold,
                ]
            ),
            (
                "open\nrepeat 2 {\n  pings 3\n  repeat 2 {\n stay\n }\n}",
                [
                    .sendRequest, .awaitUpgrade, .sendPings(3), .stay, .stay, .sendPings(3), .stay, .stay,
                ]
            ),
        ] as [(String, [Lifecycle.Step])])
    func written(text: String, expected: [Lifecycle.Step]) throws {
        let script = try Lifecycle(name: "t.lifecycle", script: text + "\nfin\n")
        #expect(script.steps == expected + [.leaveWithFIN])
        #expect(script.script == text + "\nfin\n", "a script is kept as it was written")
        #expect(try steps(text.replacing("\n", with: "\r\n") + "\r\nfin") == script.steps)
        #expect(try steps(Lifecycle.script(of: script.steps)) == script.steps, "it is printed as it is read")
    }

    @Test(
        "a mistake is told with its place, what was expected, and the nearest word",
        arguments: [
            ("", 1, 1, "expected a step"),
            ("open\n", 2, 1, "expected an end"),
            ("open\nsned hi\nfin", 2, 1, "did you mean \"send\"?"),
            ("open\n  send\nfin", 2, 7, "expected the text to send"),
            ("send hi\nfin", 1, 1, "expected \"open\" before \"send\""),
            ("open\nawait relpies 2\nfin", 2, 7, "did you mean \"replies\"?"),
            ("open\nawait replies x\nfin", 2, 15, "a number from 1 to 10000, not \"x\""),
            ("open\nhold 5 minutes\nfin", 2, 8, "expected the end of the line"),
            ("open\nhold soon\nfin", 2, 6, "such as 500ms or 2s, not \"soon\""),
            ("http PUT /a\nfin", 1, 6, "expected the method (GET, POST), not \"PUT\""),
            ("http GET token\nfin", 1, 10, "expected a path, which begins with a slash, or with {path}"),
            ("http POST # /token\nfin", 1, 11, "expected a path"),
            ("http GET /a b\nfin", 1, 13, "a GET has no body"),
            ("http POST /a?u={usr}\nfin", 1, 16, "there is no value {usr}"),
            ("http POST /a {\"u\": {usr}}\nfin", 1, 20, "there is no value {usr}"),
            ("open\nhttp GET /a\nfin", 2, 1, "expected \"http\" before every other step"),
            ("hold 1s\nhttp GET /a\nfin", 2, 1, "expected \"http\" before every other step"),
            ("tls hello\nhttp GET /a\nfin", 2, 1, "expected \"http\" before every other step"),
            ("repeat 2 {\nhttp GET /a\nhold 1s\n}\nfin", 1, 10, "before the connection begins"),
            ("http GET /a\nsend b\nfin", 2, 1, "expected \"open\" before \"send\""),
            ("http GET /a\nopen\ncapture b from /b\nfin", 3, 1, "expected \"expect\" before \"capture\""),
            ("http GET /a\nhold 1s\nexpect \"b\"\nfin", 3, 1, "expected \"open\" before \"expect\""),
            ("http GET /a\ncapture path from /b\nfin", 2, 9, "has its own meaning"),
            ("http GET /a\n", 2, 1, "expected an end"),
            ("open chat\nfin", 1, 6, "expected a path"),
            ("open\nopen\nfin", 2, 1, "expected one request"),
            ("open\nsend hello {usr}\nfin", 2, 12, "there is no value {usr}"),
            ("open\nexpect \"a\"\ncapture token from /t\nsend {tokne}\nfin", 4, 6, "did you mean \"token\"?"),
            ("open\nexpect \"a\nfin", 2, 10, "expected a quotation mark"),
            ("open\nexpect \"\\q\"\nfin", 2, 9, "expected \\n"),
            ("open\nexpect /(/\nfin", 2, 8, "expected a regular expression"),
            ("open\nexpect a b\nfin", 2, 10, "expected \"within\""),
            ("open\ncapture a from /b\nfin", 2, 1, "expected \"expect\" before \"capture\""),
            ("open\nsend-binary 0\nfin", 2, 14, "pairs of hexadecimal digits"),
            ("open\nclose 1006\nfin", 2, 7, "a close code that may be sent"),
            ("open\nanswers off\nexpect x\nfin", 3, 1, "the peer does not take it in"),
            ("open\nanswers off\nreading on\nfin", 3, 9, "what came was not followed"),
            ("open\nfin\nsend x", 3, 1, "the connection has ended"),
            ("open\nrepeat 2 {\nstay\nfin", 4, 1, "outside of the block"),
            ("open\nrepeat 2 {\nstay", 2, 10, "} that ends the block"),
            ("open\n}\nfin", 2, 1, "no block is open"),
            ("open\nrepeat 10000 {\nstay\nstay\n}\nfin", 2, 14, "at most 10000 steps"),
            ("open\nmessages 10000 16777216\nfin", 2, 16, "a number from 1 to 1677"),
            ("open\nrepeat 100 {\nmessages 1 1000000\n}\nfin", 4, 1, "at most 16 MiB to send"),
            ("open\nsummary late\nfin", 2, 1, "before the first step"),
            ("tls helo\nfin", 1, 5, "did you mean \"hello\"?"),
            ("tls hello quarter\nfin", 1, 11, "the kind of the ClientHello, or nothing"),
            ("tls handshake 1.2\nfin", 1, 15, "ordinary, distrusting, uncached, resuming"),
            ("tls record\nfin", 1, 11, "what is wrong with the record"),
            ("tls update-keys 0\nfin", 1, 17, "a number from 1 to 10000"),
            ("tls close-notify\nfin", 1, 5, "there is no TLS session"),
            ("tls hello\ntls close-notify\nfin", 2, 5, "there is no TLS session"),
            ("tls hello\ntls hello\nfin", 2, 5, "once, and before any request"),
            ("open\ntls handshake\nfin", 2, 5, "once, and before any request"),
            ("tls hello\nrequest\nfin", 2, 1, "expected no \"request\" here"),
            ("tls off\nopen\nfin", 2, 1, "expected no \"open\" here"),
            ("tls off\nawait server-hello\nfin", 2, 7, "expected \"tls hello\" before"),
            ("tls hello\nawait replies 1\nfin", 2, 7, "expected \"await unread\" or \"await end\""),
            ("open\nrepeat 2 {\ntls update-keys 1\n}\nfin", 3, 1, "expected \"tls\" outside of the block"),
        ] as [(String, Int, Int, String)])
    func mistakes(text: String, line: Int, column: Int, problem: String) throws {
        let found = try #require(mistake(text))
        #expect(found.problem.contains(problem), "\(found)")
        #expect(found.line == line && found.column == column, "\(found)")
    }

    @Test("blocks in blocks are bounded before anything is made of them")
    func nested() throws {
        let deep = String(repeating: "repeat 100 {\n", count: 9) + "stay\n" + String(repeating: "}\n", count: 9)
        #expect(mistake("open\n\(deep)fin")?.problem.contains("blocks in each other") == true)
        let many = String(repeating: "repeat 100 {\n", count: 3) + "stay\n" + String(repeating: "}\n", count: 3)
        #expect(mistake("open\n\(many)fin")?.problem.contains("at most 10000 steps") == true)
    }

    @Test("the point of a dialogue is behind what the peer waits for")
    func point() throws {
        let script = try Lifecycle(name: "t.lifecycle", script: "open\nsend a\nexpect b\nsend c\nfin")
        #expect(script.point == 4)
        let asking = try Lifecycle(name: "t.lifecycle", script: "http GET /a\nexpect b\nopen\nsend a\nfin")
        #expect(asking.point == 5 && asking.stepsOnConnection.first == .sendRequest)
        #expect(script.compressed?.label == "t.lifecycle+deflate")
    }

    @Test(
        "templates",
        arguments: [
            ("plain", "plain"), ("{n}", "7"), ("a{n}b{lifecycle}", "a7bfin"), ("{\"a\": {}}", "{\"a\": {}}"),
            ("{other} { n } {n", "{other} { n } {n"), ("{{n}}", "{7}"),
        ])
    func templates(text: String, filled: String) {
        let values = ["n": "7", "lifecycle": "fin"]
        #expect(Template(text).filled { values[$0] } == filled)
        #expect("\(Template(text))" == text)
    }
}

extension Template {
    /// The template with `text`, which stands for itself, and `other` behind it.
    fileprivate func with(_ text: String, _ other: Template) -> Template {
        var template = self
        template.append(text: text)
        template.append(other)
        return template
    }
}
