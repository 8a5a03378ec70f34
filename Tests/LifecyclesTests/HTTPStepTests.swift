import Lifecycles
import Remedies
import Sockets
import SystemCalls
import TLS
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

/// Gives a token to whoever posts to /token, and lets in who has it.
private struct TokenServer {
    let server: WebSocketServer
    /// What was asked for, in order; with `+` where the request had an Authorization field.
    let asked = Locked<[String]>([])

    init(encryption: TLSContext? = nil) async throws {
        var configuration = ServerConfiguration.patient
        configuration.encryption = encryption
        let asked = asked
        configuration.httpResponse = { request in
            let sign = request.fields["Authorization"] == nil ? "" : "+"
            asked.withLock { $0.append("\(sign)\(request.method) \(request.target)") }
            guard request.method == "POST", request.path == "/token" else {
                return HTTPResponse(status: 404, text: "no such page")
            }
            return HTTPResponse(status: 200, text: "{\"token\": {\"value\": \"t7\"}}")
        }
        configuration.refusal = { request in
            let sign = request.fields["Authorization"] == "Bearer t7" ? "+" : ""
            asked.withLock { $0.append("\(sign)\(request.target)") }
            return request.target.contains("token=t7") ? nil : HTTPResponse(status: 403, text: "no token")
        }
        let echo = EchoHandler()
        server = try await WebSocketServer.start(configuration) { _ in echo }
    }

    /// Drives `lifecycle`, and ends.
    func drive(
        _ lifecycle: Lifecycle, count: Int = 3, _ change: (inout PeerScript) throws -> Void = { _ in },
        trace: (@Sendable (TraceEvent) -> Void)? = nil
    ) async throws -> DriveCounts {
        let driver = try PeerDriver()
        var options = PeerOptions()
        options.encryption = try TLSContext.client(trusting: .anyone)
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address, options: options)
        script.stepLimit = .seconds(300)
        try change(&script)
        let counts = await driver.drive(
            lifecycle, script, .init(connections: count, concurrency: 1, limit: .seconds(300), trace: trace))
        driver.stop()
        await server.shutdownNow()
        return counts
    }
}

@Suite("Requests over HTTP before the connection", .serialized)
struct HTTPStepTests {
    private func lifecycle(_ text: String) throws -> Lifecycle {
        try Lifecycle(name: "token.lifecycle", script: text)
    }

    private static let login = """
        http POST /token {"user": "u{n}"}
        expect "value"
        capture token from /token/value

        """

    @Test("a token that is posted for opens the connection; without it there is a 403", arguments: [false, true])
    func token(isSecure: Bool) async throws {
        let encryption = isSecure ? try TLSContext.server(.selfSigned()) : nil
        let target = try await TokenServer(encryption: encryption)
        let script =
            Self.login + "open /chat?token={token}\nsend {token}\nexpect \"t7\"\nclose\nawait close\nawait end\nfin"
        let counts = try await target.drive(try lifecycle(script))
        #expect(counts.completed == 3 && counts.endedOtherwise == 0, "\(counts.firstProblem ?? "")")
        let each = ["POST /token", "/chat?token=t7"]
        #expect(target.asked.withLock { $0 } == each + each + each)
        let other = try await TokenServer(encryption: encryption)
        let refused = try await other.drive(try lifecycle("open /chat\nfin"))
        #expect(refused.refused == 3 && refused.firstProblem?.description.contains("403") == true)
    }

    @Test("what was captured stands in the path and the fields of every request, and fields wait for it")
    func fields() async throws {
        let target = try await TokenServer()
        let counts = try await target.drive(try lifecycle(Self.login + "open\nfin"), count: 1) {
            $0.options.target = "/chat?token={token}"
            $0.options.fields = ["Authorization": "Bearer {token}"]
        }
        #expect(counts.completed == 1, "\(counts.firstProblem ?? "")")
        #expect(target.asked.withLock { $0 } == ["POST /token", "+/chat?token=t7"])
    }

    private static let opening = login + "query token={token}\nopen\nsend hello\nexpect \"hello\""

    @Test("an opening asks before every lifecycle that sends a request, and only before those")
    func opening() async throws {
        for (lifecycle, requests) in [(Lifecycle.fin, 3), (.vanishHandshake, 3), (.bareTCP, 0)] {
            let target = try await TokenServer()
            let counts = try await target.drive(lifecycle) {
                $0.options.opening = try Opening(Self.opening)
                $0.options.target = "/?token={token}"
            }
            #expect(counts.completed == 3 && counts.openingProblem == nil, "\(lifecycle): \(counts)")
            #expect(target.asked.withLock { $0.count { $0 == "POST /token" } } == requests, "\(lifecycle)")
        }
    }

    @Test("a target that does not follow it is told by the step, what was expected, and what came")
    func unfollowed() async throws {
        for (text, problem) in [
            (
                "http GET /token",
                "step 1: refused: GET /token is answered with HTTP 404 Not Found; the answer was no such page"
            ),
            (
                "http POST /token\nexpect \"session\"",
                "step 2: the answer is not as expected (waiting for a message with \"session\"); the answer was "
                    + "{\"token\": {\"value\": \"t7\"}}"
            ),
            (
                "http POST /token\ncapture a from /b",
                "step 2: there is nothing at /b to capture {a} from; the answer was {\"token\": {\"value\": \"t7\"}}"
            ),
            (
                Self.login + "open\nexpect \"welcome\" within 20ms",
                "step 4: the target did not act in time (waiting for a message with \"welcome\"); no message came"
            ),
        ] {
            let counts = try await TokenServer().drive(.fin) {
                $0.options.opening = try Opening(text)
                $0.options.target = "/?token=t7"
            }
            #expect(counts.completed == 0 && counts.openingProblem?.description == problem)
        }
    }

    @Test("all of it is traced, on connections one after the other")
    func traced() async throws {
        let events = Locked<[TraceEvent]>([])
        let target = try await TokenServer()
        let script = try lifecycle(Self.login + "open /chat?token={token}\nfin")
        _ = try await target.drive(script, count: 1, trace: { event in events.withLock { $0.append(event) } })
        var (told, sent, received) = ([String](), [[UInt8]()], [[UInt8]()])
        for event in events.withLock({ $0 }) {
            switch event.kind {
            case .connected:
                told.append("connected")
                (sent, received) = (sent + [[]], received + [[]])
            case .step(let step): told.append(step)
            case .sent(let bytes): sent[sent.count - 1] += bytes
            case .received(let bytes): received[received.count - 1] += bytes
            case .streamEnded(let words): told.append(words)
            case .records, .ended: break
            }
        }
        #expect(
            told == [
                "http POST /token {\"user\": \"u{n}\"}", "connected", "the target ended the stream",
                "expect \"value\"", "capture token from /token/value", "connected", "request /chat?token={token}",
                "await upgrade", "fin",
            ])
        let requests = sent.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
        #expect(
            requests[0].hasPrefix("POST /token HTTP/1.1\r\n") && requests[0].hasSuffix("\r\n\r\n{\"user\": \"u1\"}"))
        #expect(requests[1].hasPrefix("GET /chat?token=t7 HTTP/1.1\r\n"))
        #expect(
            String(decoding: received.first { !$0.isEmpty } ?? [], as: UTF8.self).hasSuffix(
                "{\"token\": {\"value\": \"t7\"}}"))
    }

    /// Drives connections that get `answer` to `GET /a`, and then end.
    private func drive(_ answer: [Conduct.Act], _ script: String) async throws -> DriveCounts {
        let server = try RogueServer(Conduct("answers") { $0.request = answer })
        let driver = try PeerDriver()
        var peers = PeerScript(url: try WebSocketURL("ws://\(server.address)/"), address: server.address)
        peers.stepLimit = .seconds(300)
        peers.endLimit = .seconds(300)
        let counts = await driver.drive(try lifecycle(script), peers, .init(connections: 3, concurrency: 3))
        driver.stop()
        server.stop()
        return counts
    }

    @Test(
        "an answer is taken at its length, its last chunk or the end of the stream, from a target that closes or does not"
    )
    func answers() async throws {
        let length = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
        for acts: [Conduct.Act] in [
            [Conduct.text(length), .end], [Conduct.text(length)], [Conduct.text(length), .halfClose],
            [Conduct.text("HTTP/1.1 100 Continue\r\n\r\n"), Conduct.text(length)],
            [
                Conduct.text("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"),
                Conduct.text("7\r\n{\"a\":1}\r\n0\r\n\r\n"),
            ],
            [Conduct.text("HTTP/1.0 200 OK\r\n\r\n{\"a\""), Conduct.text(":1}"), .end],
        ] {
            let counts = try await drive(acts, "http GET /a\nexpect \"a\"\nfin")
            #expect(counts.completed == 3, "\(acts): \(counts.firstProblem ?? "")")
        }
    }

    @Test("an answer that is none, is cut, too large or late is told")
    func faulty() async throws {
        let large = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1 << 20 + 1)
        for (acts, problem): ([Conduct.Act], String) in [
            ([Conduct.text("hello\r\n\r\n")], "the target sends what is not HTTP/1.1"),
            (
                [.write([21, 3, 3, 0, 2, 2, 22, 0])],
                "the target speaks TLS on this port, and was asked in clear: write wss"
            ),
            ([Conduct.text(large)], "the target sends more than 1 MiB (GET /a)"),
            (
                [Conduct.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), .end],
                "before its answer was whole (GET /a)"
            ),
            ([.end], "before its answer was whole (GET /a)"), ([.reset], "before its answer was whole (GET /a)"),
            (
                [Conduct.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")],
                "the target did not act in time (waiting for the answer to GET /a); the answer was hi"
            ), ([], "the target did not act in time (waiting for the answer to GET /a); nothing came"),
            (
                [Conduct.text("HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"), .end],
                "refused: GET /a is answered with HTTP 302 Found; the answer is empty"
            ),
        ] {
            let limit = problem.contains("in time") ? " within 1s" : ""
            let counts = try await drive(acts, "http GET /a\nexpect \"h\"\(limit)\nfin")
            #expect(
                counts.completed == 0 && counts.firstProblem?.description.contains(problem) == true,
                "\(counts.firstProblem ?? "")")
        }
    }
}
