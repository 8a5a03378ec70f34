import LeakStatistics
import Lifecycles
import Testing

@testable import LeakCheck

@Suite("Leaks that are the same")
struct LeakGroupTests {
    private func labels(_ result: CheckResult) -> [[String]] {
        result.leakGroups.map { $0.rows.map { result.rows[$0].lifecycle.label } }
    }

    @Test("rows with the same resources and amounts are one group, in the order of the rows")
    func groups() {
        let result = DiagnosedCheck.result(["clean-close", "fin", "reset/open", "idle/pong", "flood-reset"]) { label in
            switch label {
            case "clean-close", "reset/open", "idle/pong": [.privateMemory: 3100]
            case "fin": [.descriptors: 1, .privateMemory: 9000]
            default: [:]
            }
        }
        #expect(labels(result) == [["clean-close", "reset/open", "idle/pong"], ["fin"]])
        #expect(result.leakGroups[1].leaks.map(\.resource) == [.descriptors, .privateMemory])
    }

    @Test("amounts beyond a tenth are the same where their intervals meet, and each must agree with each")
    func intervals() {
        let amounts: [String: Double] = ["clean-close": 1000, "fin": 1090, "reset/open": 1180]
        var result = DiagnosedCheck.result(Array(amounts.keys).sorted()) { [.privateMemory: amounts[$0] ?? 0] }
        #expect(labels(result) == [["clean-close", "fin"], ["reset/open"]])
        result.rows[2].resources[1].interval = 900...1400
        #expect(labels(result) == [["clean-close", "fin", "reset/open"]])
    }

    @Test("what is known stands apart from what is new, together where the reason is one")
    func known() {
        let names = ["clean-close", "fin", "reset/open"]
        var result = DiagnosedCheck.result(names, leaking: names)
        let entries = ["clean-close", "reset/open"].map {
            KnownLeak(
                lifecycle: $0, resource: .descriptors, perConnection: 2, reason: "known",
                expires: CalendarDay("2026-12-31")!)
        }
        result.mark(entries)
        #expect(labels(result) == [["clean-close", "reset/open"], ["fin"]])
    }

    @Test("a record with an amount that is no number breaks nothing")
    func notANumber() {
        var result = DiagnosedCheck.result(["clean-close", "fin"], leaking: ["clean-close", "fin"])
        result.rows[0].resources[0].perConnection = .nan
        result.rows[1].resources[0].perConnection = nil
        #expect(result.leakGroups.flatMap(\.rows).count == 2 && result.kinds == [.everyEnding])
    }
}
