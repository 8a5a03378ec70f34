import Remedies
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

@testable import Lifecycles

/// Answers what a chat would: `join` with a session, `say` with what was said and by whom, `leave` with its Close.
private final class ChatHandler: ConnectionHandler {
    func opened(_ connection: Connection) { _ = connection.send("welcome") }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        let message = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        switch message.prefix(4) {
        case "join": _ = connection.send("42{\"session\": {\"id\": [\"\(message.dropFirst(5))\", 2]}}")
        case "leav": connection.close(.goingAway, reason: "bye")
        default: _ = connection.send(message)
        }
    }
}

@Suite("Scripts against a real server", .serialized)
struct DialogueTests {
    private func drive(_ text: String, values: [String] = [], count: Int = 5) async throws -> (DriveCounts, [String]) {
        let targets = Locked<[String]>([])
        var configuration = ServerConfiguration.patient
        configuration.refusal = { request in
            targets.withLock { $0.append(request.target) }
            return nil
        }
        let chat = ChatHandler()
        let server = try await WebSocketServer.start(configuration) { _ in chat }
        let driver = try PeerDriver()
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address)
        script.stepLimit = .seconds(300)
        script.options.values = values
        let lifecycle = try Lifecycle(name: "chat.lifecycle", script: text)
        let counts = await driver.drive(
            lifecycle, script, .init(connections: count, concurrency: 2, limit: .seconds(300)))
        driver.stop()
        await server.shutdownNow()
        return (counts, targets.withLock { $0.sorted() })
    }

    @Test("what is captured of a message comes back in the next, and paths differ")
    func dialogue() async throws {
        let (counts, targets) = try await drive(
            """
            open /chat?user={line}
            expect "welcome"
            send join {line}-{n}
            expect /"session"/
            capture id from /session/id/0
            capture two from /session/id/1
            send say {id} {two} in {lifecycle}
            expect "say {line}-{n} 2 in chat.lifecycle"
            send-binary 68 69
            expect bytes 68 69
            close 4000 done
            await close
            await end
            fin
            """, values: ["ann", "bob"])
        #expect(counts.completed == 5 && counts.endedOtherwise == 0, "\(counts.firstProblem ?? "")")
        #expect(Set(targets) == ["/chat?user=ann", "/chat?user=bob"])
    }

    @Test("a message that does not come is told with what came")
    func missing() async throws {
        let (counts, _) = try await drive(
            "open\nsend hello there\nexpect \"there\"\nexpect \"joined\" within 20ms\nfin")
        #expect(counts.completed == 0 && counts.stalled == counts.attempted)
        #expect(
            counts.firstProblem
                == "the target did not act in time (waiting for a message with \"joined\"); the last message was hello there"
        )
    }

    @Test("a target that closes before the message that is waited for breaks the connection")
    func closes() async throws {
        let (counts, _) = try await drive("open\nsend leave\nexpect \"joined\"\nfin")
        #expect(counts.completed == 0 && counts.broken == counts.attempted, "\(counts)")
        let (nothing, _) = try await drive("open\nexpect \"welcome\"\ncapture a from /b\nfin")
        #expect(nothing.firstProblem == "there is nothing at /b to capture {a} from; the last message was welcome")
    }

    @Test("a peer that reads again has what came meanwhile")
    func readsAgain() async throws {
        let (counts, _) = try await drive("open\nreading off\nsend one\nhold 20ms\nreading on\nexpect \"one\"\nreset")
        #expect(counts.completed == 5, "\(counts.firstProblem ?? "")")
    }

    @Test(
        "places in JSON (RFC 6901)",
        arguments: [
            ("/a", #"{"b": [1, {"a": 3}], "a": "x\u00e9\n\ud83d\ude00"}"#, "xé\n😀"),
            ("/a/1/b", #"42["x",{"a":[0,{"b":-1.5e3}]}]"#, nil),
            ("/1/a/1/b", #"42["x",{"a":[0,{"b":-1.5e3}]}]"#, "-1.5e3"),
            ("/a~1b/~0", #"{"a/b": {"~": true}}"#, "true"), ("", "[1, 2]", "[1, 2]"), ("/2", "[1, 2]", nil),
            ("/0", "[]", nil), ("/a", "{", nil), ("/a", #"{"a": "x"#, nil), ("/a", "no", nil), ("/b", #"{"a":}"#, nil),
            ("/x", #"{"a": \#(String(repeating: "[", count: 200))"#, nil),
        ] as [(String, String, String?)])
    func pointers(pointer: String, text: String, value: String?) throws {
        #expect(try #require(JSONPointer(pointer)).value(in: Array(text.utf8)) == value)
    }

    @Test("a peer keeps a bounded number of messages that nothing waits for")
    func bounded() {
        let dialogue = Dialogue()
        for number in 0..<5000 { dialogue.add(Array("\(number)".utf8)) }
        #expect(!dialogue.take { $0.elementsEqual("10".utf8) })
        dialogue.add(Array("x".utf8))
        #expect(dialogue.take { $0.elementsEqual("x".utf8) } && dialogue.expected.elementsEqual("x".utf8))
    }
}
