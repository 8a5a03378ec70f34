import LeakStatistics
import Lifecycles
import Targets
import Testing

@testable import LeakCheck
@testable import watertight

@Suite("Advice about options")
struct AdviceTests {
    private func advice(_ lifecycle: Lifecycle, reproducer: String?, _ reason: Reason) -> String? {
        let finding = CheckResult.Finding(
            resource: .descriptors, verdict: .inconclusive, perConnection: nil, interval: nil, smallestDetectable: nil,
            reason: reason)
        let row = CheckResult.Row(
            lifecycle: lifecycle, connections: DriveCounts(), resources: [finding], reproducer: reproducer)
        var result = CheckResult(
            seed: 1, startedAt: "2026-03-01T12:00:00Z", durationSeconds: 1, budgetSeconds: 90, concurrency: 16,
            target: "serve", runtime: "native", isolation: .processPerLifecycle, rows: [row], samples: [], notes: [])
        Advice(budgetSeconds: 90).add(to: &result)
        return result.rows[0].resources[0].advice
    }

    @Test("a row is chosen by the lifecycle's name, or by the path of a script as the reproducer has it")
    func choice() throws {
        #expect(advice(.fin, reproducer: nil, .byChance(verdicts: 9)) == "decide it with --lifecycle fin --budget 90s")
        let script = try Lifecycle(name: "chat", script: "open\nfin\n")
        let command = "watertight check --script 'my scripts/chat.lifecycle' --seed 4 -- serve"
        #expect(
            advice(script, reproducer: command, .byChance(verdicts: 9))
                == "decide it with --script 'my scripts/chat.lifecycle' --budget 90s")
    }
}
