import ArgumentParser
import Environments
import LeakCheck
import Lifecycles
import Targets
import Testing
import WebSocketProtocol

@testable import watertight

@Suite("What a check's options ask for")
struct CheckPlanTests {
    private func plan(_ arguments: [String]) throws -> CheckPlan {
        try CheckCommand.parse(arguments).plan(
            in: ResolvedEnvironment(.init(), variables: ["CI": "1"], isTesting: false))
    }

    @Test("without any: the built-in server, every lifecycle, and a budget that a pause may overrun")
    func defaults() throws {
        let plan = try plan([])
        guard case .command(let words) = plan.subject else {
            Issue.record("\(plan.subject)")
            return
        }
        #expect(words.dropFirst() == ["serve", "--port", "{port}"] && plan.url == "ws://127.0.0.1:{port}/")
        #expect(plan.lifecycles == CheckPlan.Profile.default.lifecycles(isSecure: false) && plan.compression == .off)
        #expect(plan.budget == .seconds(300) && !plan.isBudgetFixed && plan.pause == nil && plan.hold == nil)
        #expect(plan.peers.target == nil && plan.heap.map(\.text) == ["auto"])
        #expect(plan.environment == "ci (CI=1)")
    }

    @Test("a budget of the user's is fixed; the profile chooses what is not named")
    func budget() throws {
        let named = try plan(["--budget", "90s", "--pause", "10s", "--lifecycle", "fin", "--", "server"])
        #expect(named.budget == .seconds(90) && named.isBudgetFixed && named.pause == .seconds(10))
        #expect(named.lifecycles.map(\.name) == ["fin"])
        let quick = try plan(["--profile", "quick", "--", "server"])
        #expect(quick.lifecycles.count == 8 && quick.budget == .seconds(60) && !quick.isBudgetFixed)
    }

    @Test("what the peers ask for: the URL's path, or another with its query")
    func peers() throws {
        #expect(try plan(["ws://127.0.0.1:80/a?b=c"]).peers.target == nil)
        let other = try plan(["ws://127.0.0.1:80/a?b=c", "--path", "d", "--query", "user={n}", "--origin", "http://o"])
        #expect(other.peers.target == "/d?b=c&user={n}" && other.peers.origin == "http://o")
        let asked = try plan(["--header", "A: b", "--subprotocol", "x", "--first-message", "join {n}", "--", "server"])
        #expect(asked.peers.fields["A"] == "b" && asked.peers.subprotocols == ["x"])
        #expect(asked.peers.opening.steps == [.send(Template("join {n}"))])
        let spoken = try plan([
            "--speak", "graphql-ws", "--message", "hi {n}", "--first-message", "join", "--", "server",
        ])
        #expect(spoken.peers.target == "/graphql" && spoken.peers.subprotocols == ["graphql-transport-ws"])
        #expect(spoken.peers.opening.steps.last == .send(Template("join")) && spoken.peers.opening.steps.count == 3)
        #expect(spoken.peers.opening.message == [.send(Template("hi {n}"))] && spoken.peers.opening.answer == nil)
        let negotiated = try plan(["ws://127.0.0.1:80/chat", "--speak", "signalr", "--query", "a=b"])
        #expect(negotiated.peers.target == "/chat?id={id}&a=b" && negotiated.peers.opening.requests.count == 2)
        let elsewhere = try plan(["--speak", "graphql-ws", "--subprotocol", "x", "--path", "/y", "--", "server"])
        #expect(elsewhere.peers.target == "/y" && elsewhere.peers.subprotocols == ["x"])
    }

    @Test("a server that runs is read by its port, its processes, or what starts it")
    func subjects() throws {
        guard case .running([]) = try plan(["ws://127.0.0.1:80/"]).subject,
            case .running([4711]) = try plan(["ws://127.0.0.1:80/", "--pid", "4711"]).subject,
            case .command(["node", "server.js"]) = try plan(["--", "node", "server.js"]).subject
        else {
            Issue.record("another subject")
            return
        }
    }
}
