import Lifecycles
import Remedies
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

/// A server that sends something first, and answers what contains a text with another.
private struct Dialect: Sendable {
    var greeting: [String] = []
    var answers: [(String, String)] = []
    /// What a message contains after which it closes.
    var closesAfter: String?
    /// What the messages of its exchange contain.
    var exchanged: String
}

private final class DialectHandler: ConnectionHandler {
    private let dialect: Dialect
    private let log: Locked<[String]>

    init(_ dialect: Dialect, _ log: Locked<[String]>) {
        self.dialect = dialect
        self.log = log
    }

    func opened(_ connection: Connection) {
        for message in dialect.greeting { _ = connection.send(message) }
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        let bytes = bytes.withUnsafeBytes { Array($0) }
        let message =
            kind == .text
            ? String(decoding: bytes, as: UTF8.self) : bytes.map { String($0, radix: 16) }.joined(separator: " ")
        log.withLock { $0.append(message) }
        guard let answer = dialect.answers.first(where: { message.contains($0.0) })?.1 else { return }
        guard kind == .binary else {
            _ = connection.send(answer)
            if let last = dialect.closesAfter, message.contains(last) { connection.close(.normalClosure) }
            return
        }
        let octets = answer.split(separator: " ").compactMap { UInt8($0, radix: 16) }
        octets.withUnsafeBytes { _ = connection.send(.binary, $0.bytes) }
    }
}

@Suite("Openings", .serialized)
struct OpeningTests {
    private func drive(
        _ opening: Opening, _ dialect: Dialect, _ lifecycle: Lifecycle, count: Int = 3,
        hold: Duration = .milliseconds(1)
    ) async throws -> (DriveCounts, [String]) {
        let log = Locked<[String]>([])
        var configuration = ServerConfiguration.patient
        configuration.subprotocols = opening.subprotocols
        configuration.httpResponse = {
            guard $0.method == "POST", $0.target == "/hub/negotiate?negotiateVersion=1" else { return .upgradeRequired }
            return HTTPResponse(status: 200, text: "{\"negotiateVersion\":1,\"connectionToken\":\"t7\"}")
        }
        configuration.refusal = {
            $0.path == "/hub" && $0.target != "/hub?id=t7" ? HTTPResponse(status: 404, text: "not negotiated") : nil
        }
        let server = try await WebSocketServer.start(configuration) { _ in DialectHandler(dialect, log) }
        let driver = try PeerDriver()
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
        script.options.opening = opening
        script.options.subprotocols = opening.subprotocols
        script.options.target = opening.path.map { path in
            opening.queries.isEmpty ? path : "\(path)?\(opening.queries.joined(separator: "&"))"
        }
        script.stepLimit = .seconds(300)
        script.holdLimit = hold
        let counts = await driver.drive(
            lifecycle, script, .init(connections: count, concurrency: 1, limit: .seconds(300)))
        driver.stop()
        await server.shutdownNow()
        return (counts, log.withLock { $0 })
    }

    private static let dialects: [(String, Dialect)] = [
        (
            "socket.io",
            Dialect(
                greeting: ["0{\"sid\":\"a\",\"pingInterval\":25000}", "2"],
                answers: [("42[", "42[\"message\",\"hi\"]"), ("40", "40{\"sid\":\"b\"}")], exchanged: "42[\"message\"")
        ),
        (
            "engine.io",
            Dialect(
                greeting: ["0{\"sid\":\"a\"}", "2"], answers: [("4", "4hi")], exchanged: "4water")
        ),
        (
            "graphql-ws",
            Dialect(
                answers: [
                    ("connection_init", "{\"type\": \"connection_ack\"}"),
                    ("subscribe", "{\"id\":\"1\",\"type\":\"complete\"}"),
                ], exchanged: "\"subscribe\"")
        ),
        (
            "stomp",
            Dialect(
                answers: [
                    ("CONNECT\naccept-version:1.2\n", "CONNECTED\nversion:1.2\n\n\0"),
                    ("SEND\n", "MESSAGE\nsubscription:0\n\nwatertight\0"),
                ], exchanged: "SEND\ndestination:/topic/watertight\ncontent-type:text/plain\n\nwatertight\0")
        ),
        (
            "mqtt",
            Dialect(
                answers: [
                    ("10 c 0 4 4d 51 54 54 4 2 0 3c 0 0", "20 2 0 0"), ("82 7 0 1 0 2 77 74 0", "90 3 0 1 0"),
                    ("30 e", "30 e 0 2 77 74 77 61 74 65 72 74 69 67 68 74"),
                ], exchanged: "30 e 0 2 77 74 77")
        ),
        (
            "signalr",
            Dialect(
                answers: [
                    ("{\"protocol\":\"json\",\"version\":1}\u{1e}", "{}\u{1e}"),
                    ("\"type\":1,\"invocationId\"", "{\"type\":3,\"invocationId\":\"1\"}\u{1e}"),
                ], exchanged: "\"arguments\":[\"watertight\"]}\u{1e}")
        ),
        (
            "phoenix",
            Dialect(
                answers: [
                    ("phx_join", "[\"1\",\"1\",\"room:lobby\",\"phx_reply\",{}]"),
                    ("heartbeat", "[null,\"1\",\"phoenix\",\"phx_reply\",{}]"),
                ],
                exchanged: "heartbeat")
        ),
        (
            "json-rpc",
            Dialect(
                answers: [("\"method\":\"ping\"", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}")],
                exchanged: "\"jsonrpc\"")
        ),
    ]

    @Test("each that is shipped is followed by a server of its kind, and exchanges what that answers")
    func shipped() async throws {
        #expect(ShippedOpening.all.map(\.name) == Self.dialects.map(\.0))
        for (name, dialect) in Self.dialects {
            let opening = try #require(ShippedOpening.named(name)).opening
            let traffic = try #require(Lifecycle.named("message-traffic").first)
            let (counts, log) = try await drive(opening, dialect, traffic)
            #expect(counts.completed == 3, "\(name): \(counts.firstProblem ?? "")")
            #expect(counts.endedOtherwise == 0 && counts.violations == 0, "\(name)")
            #expect(log.count { $0.contains(dialect.exchanged) } == 300, "\(name): \(log.prefix(5))")
            if dialect.greeting.contains("2") { #expect(log.count { $0 == "3" } == 3, "\(name)") }
            let (hostile, _) = try await drive(opening, dialect, .fin)
            #expect(hostile.completed == 3, "\(name): \(hostile.firstProblem ?? "")")
        }
    }

    @Test("requests over HTTP come before the upgrade, with the line open between")
    func requests() throws {
        let text = "http GET /a\ncapture b from /b\npath /c?b={b}\n"
        let opening = try Opening(text + "open\nexpect \"d\"\nexchange {\nsend {b}\n}")
        #expect(
            opening.requests == [.http(HTTPRequest(.get, Template("/a"))), .capture("b", from: JSONPointer("/b")!)])
        #expect(opening.steps == [.expect(.text(Template("d")), within: nil)])
        let bare = try Opening(text)
        #expect(bare.requests == opening.requests && bare.steps == [])
        #expect(try Opening("expect \"d\"").requests == [])
    }

    @Test("messages are numbered, and as long as the lifecycle wants")
    func messages() async throws {
        let opening = try Opening("exchange {\n  send {message} of {n}: {filling}.\n}")
        let dialect = Dialect(answers: [(" of ", "yes")], exchanged: "")
        let (_, log) = try await drive(
            opening, dialect, try #require(Lifecycle.named("message-traffic").first), count: 1)
        #expect(log == (1...100).map { "\($0) of 1: watertight." })
        let (counts, _) = try await drive(opening, dialect, .floodReset)
        #expect(counts.completed == 3)
    }

    @Test("the answers of an opening answer no message, and others than the expected do not either")
    func answers() async throws {
        let opening = try Opening("send hello\nexpect \"welcome\"\nexchange {\n send ask\n expect \"told\"\n}")
        let deaf = Dialect(
            answers: [("hello", "welcome"), ("ask", "noise")], closesAfter: "ask", exchanged: "")
        let (counts, _) = try await drive(opening, deaf, .fin)
        #expect(counts.completed == 3 && counts.endedOtherwise == 3, "\(counts)")
        #expect(counts.firstDeviation == .close(.normalClosure, at: .awaitReplies(1)), "it waits on")
        let telling = Dialect(
            answers: [("hello", "welcome"), ("ask", "told")], closesAfter: "ask", exchanged: "")
        #expect(try await drive(opening, telling, .fin).0.endedOtherwise == 0)
    }

    @Test("a target that does not follow it is told by the step, what was expected, and what came")
    func unfollowed() async throws {
        let opening = try Opening("send hello\nexpect \"hi\"\nexpect \"welcome\" within 20ms")
        let (counts, _) = try await drive(opening, Dialect(answers: [("hello", "hi there")], exchanged: ""), .fin)
        #expect(counts.completed == 0)
        #expect(
            counts.openingProblem
                == "step 3: the target did not act in time (waiting for a message with \"welcome\"); the last message was hi there"
        )
    }

    @Test("a target that closes in the opening is told by its code")
    func closesInOpening() async throws {
        let opening = try Opening("send ask\nexpect \"told\"\nhold 300s\nsend more")
        let closing = Dialect(answers: [("ask", "told")], closesAfter: "ask", exchanged: "")
        let (counts, _) = try await drive(opening, closing, .fin)
        #expect(counts.completed == 0 && counts.broken == 3)
        #expect(counts.openingProblem == "step 4: the target sent a Close with 1000 (sending)", "\(counts)")
    }

    @Test("where no upgrade is awaited, nothing of it is said")
    func noUpgrade() async throws {
        let opening = try Opening("expect \"never\"")
        let (counts, log) = try await drive(opening, Dialect(exchanged: ""), .vanishHandshake)
        #expect(counts.completed == 3 && log.isEmpty)
    }

    @Test(
        "a mistake is told with its place",
        arguments: [
            ("open", 1, 1, "expected no \"open\" in an opening"),
            ("send a\nopen", 2, 1, "expected no \"open\" in an opening"),
            ("send a\nhttp GET /a", 2, 1, "expected \"http\" before every other step"),
            ("http GET /a\nopen\nhttp GET /a", 3, 1, "expected \"http\" before every other step"),
            ("http GET /a\nopen /b", 2, 6, "what an opening asks for is its \"path\""),
            ("http GET /a\nopen\nopen", 3, 1, "expected no \"open\" in an opening"),
            ("http GET /a\nsend a", 2, 1, "expected \"open\" before \"send\""),
            ("http GET /a\nhold 1s", 2, 1, "expected \"open\" before \"hold\""),
            ("http GET /a\nrepeat 2 {\nopen\n}", 3, 1, "expected \"open\" outside of the block"),
            ("query token", 1, 7, "expected a query item"), ("query a={b}", 1, 9, "there is no value {b}"),
            ("send a\nfin", 2, 1, "expected no \"fin\" in an opening"),
            ("path chat", 1, 6, "expected a path"), ("reply \"2\" wth 3", 1, 11, "expected \"with\""),
            ("rpely \"2\" with 3", 1, 1, "did you mean \"reply\"?"),
            ("exchange {\nexpect \"a\"\n}", 1, 10, "in the block"),
            ("exchange {\nsend a", 1, 10, "} that ends the block"),
            ("path /chat?user={usr}", 1, 17, "there is no value {usr}"),
            ("reply \"{usr}\" with 3", 1, 8, "there is no value {usr}"),
            ("exchange {\nsend a\nexpect \"b\"\n}\ncapture c from /d", 5, 1, "expected \"expect\" before"),
            ("send {filling}", 1, 6, "there is no value {filling}"),
            ("exchange send a", 1, 10, "expected {"),
        ] as [(String, Int, Int, String)])
    func mistakes(text: String, line: Int, column: Int, problem: String) {
        do throws(ScriptMistake) {
            _ = try Opening(text)
            Issue.record("\(text) is no mistake")
        } catch {
            #expect(error.problem.contains(problem) && error.line == line && error.column == column, "\(error)")
        }
    }
}
