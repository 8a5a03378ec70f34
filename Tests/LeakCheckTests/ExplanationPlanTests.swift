import Causes
import LeakStatistics
import Lifecycles
import Targets
import Testing

@testable import LeakCheck

@Suite("Which rows are explained, and with how many connections")
struct ExplanationPlanTests {
    private static func load(
        _ leaks: [Resource: Double], limit: Int? = 20_000
    ) -> ExplanationPlan.Load? {
        let result = DiagnosedCheck.result(["fin"], resources: Array(leaks.keys)) { _ in leaks }
        return ExplanationPlan.load(for: result.rows[0], descriptorLimit: limit)
    }

    @Test("one row of each group, three at most, and no known leak unless it is asked for")
    func rows() {
        var result = DiagnosedCheck.result(["bare-tcp", "fin", "reset/open", "idle/pong", "clean-close"]) {
            label -> [Resource: Double] in
            switch label {
            case "fin", "reset/open": [.descriptors: 1]
            case "idle/pong": [.privateMemory: 4096]
            default: [:]
            }
        }
        #expect(ExplanationPlan.rows(of: result, takesKnown: false) == [1, 3])
        let entry = KnownLeak(
            lifecycle: "idle/pong", resource: .privateMemory, perConnection: 5000, reason: "on purpose",
            expires: CalendarDay("2999-01-01")!)
        for index in result.rows[3].resources.indices where result.rows[3].resources[index].verdict == .leak {
            result.rows[3].resources[index].knownLeak = entry
        }
        #expect(ExplanationPlan.rows(of: result, takesKnown: false) == [1])
        #expect(ExplanationPlan.rows(of: result, takesKnown: true) == [1, 3])
        let many = DiagnosedCheck.result(["bare-tcp", "fin", "reset/open", "idle/pong", "clean-close"]) {
            label -> [Resource: Double] in
            [.descriptors: Double(label.count)]
        }
        #expect(ExplanationPlan.rows(of: many, takesKnown: false).count == 3)
        #expect(ExplanationPlan.rows(of: DiagnosedCheck.result { _ in [:] }, takesKnown: true).isEmpty)
    }

    @Test("of a record, the rows that are named, or examples of all; what does not leak cannot be explained")
    func named() throws {
        let result = DiagnosedCheck.result(["bare-tcp", "fin", "reset/open"], leaking: ["fin", "reset/open"])
        #expect(try ExplanationPlan.rows(of: result, named: []) == [1])
        #expect(try ExplanationPlan.rows(of: result, named: ["reset/open", "fin", "fin"]) == [2, 1])
        #expect(throws: LeakCheck.NothingToExplain.notLeaking("bare-tcp")) {
            try ExplanationPlan.rows(of: result, named: ["bare-tcp"])
        }
        #expect(throws: LeakCheck.NothingToExplain.noRow("idle/pong")) {
            try ExplanationPlan.rows(of: result, named: ["idle/pong"])
        }
        var staying = result
        for index in 1...2 {
            staying.rows[index].resources[0].reason = .keptWhileStaying(kept: 64, peers: 64, seconds: 36)
        }
        #expect(throws: LeakCheck.NothingToExplain.onlyWhilePeersStay) {
            try ExplanationPlan.rows(of: staying, named: [])
        }
        #expect(throws: LeakCheck.NothingToExplain.noLeak) {
            try ExplanationPlan.rows(of: DiagnosedCheck.result { _ in [:] }, named: ["fin"])
        }
    }

    @Test("as many connections as show what is left ten times, but none that a process could not bear")
    func loads() {
        #expect(Self.load([.liveHeap: 1000]) == .init(warmUp: 2000, interval: 500))
        #expect(Self.load([.threads: 0.004]) == .init(warmUp: 5000, interval: 2500))
        #expect(Self.load([.descriptors: 1]) == .init(warmUp: 2000, interval: 500))
        // Half of a thousand descriptors are left for all connections.
        #expect(Self.load([.descriptors: 1], limit: 1024) == .init(warmUp: 256, interval: 128))
        #expect(Self.load([.descriptors: 2], limit: 1024) == nil)
        #expect(Self.load([.liveHeap: 4_194_304]) == nil)
        #expect(Self.load([.threads: 1]) == .init(warmUp: 750, interval: 375))
    }

    @Test("a command of ours is explained, a server that ran before only when it is asked for")
    func consent() {
        func may(_ explain: CheckPlan.Explain, _ subject: CheckPlan.Subject) -> Bool {
            var plan = CheckPlan(subject: subject, url: "ws://127.0.0.1:1/", seed: 1)
            plan.explain = explain
            return plan.mayExplain
        }
        #expect(may(.automatic, .command(["a"])) && may(.always, .command(["a"])) && !may(.never, .command(["a"])))
        #expect(!may(.automatic, .running(pids: [])) && may(.always, .running(pids: [])))
    }

    @Test("which part of a leak the causes account for")
    func share() {
        var session = Cause(.heldObject, "Session", countsPerConnection: [1, 1], bytesPerConnection: 160)
        let row = DiagnosedCheck.result(["fin"], resources: [.liveHeap]) { _ in [.liveHeap: 200] }.rows[0]
        #expect(row.explainedShare(by: [session]) == 0.8)
        #expect(row.explainedShare(by: [session, session]) == nil, "more than there is says nothing")
        session.bytesPerConnection = 220
        #expect(row.explainedShare(by: [session]) == 1)
        let goroutine = Cause(.goroutine, "goroutine main.pump", countsPerConnection: [1, 1])
        #expect(row.explainedShare(by: [goroutine]) == nil)
        let goroutines = Resource(rawValue: "goroutines")
        let counted = DiagnosedCheck.result(["fin"], resources: [goroutines]) { _ in [goroutines: 2] }.rows[0]
        #expect(counted.explainedShare(by: [goroutine]) == 0.5)
    }

    @Test("a record keeps an explanation")
    func record() throws {
        var row = RowMeasurement(.fin)
        var explanation = Explanation(
            source: "an agent", connections: [500, 499],
            causes: [Cause(.task, "Task wait", countsPerConnection: [1, 1])])
        explanation.explainedShare = 0.9
        row.explanation = explanation
        #expect(CheckRecord.RowFacts(row).explanation == explanation)
    }
}
