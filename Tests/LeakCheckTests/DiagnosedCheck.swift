import LeakStatistics
import Lifecycles
import Remedies
import Targets

@testable import LeakCheck

/// Finished checks to diagnose, made by hand.
enum DiagnosedCheck {
    /// Every lifecycle there is, in the order driven.
    static let all = Lifecycle.plain.map(\.label)

    /// A check of the rows `labels`: what leaks gives for a row what it leaves of each resource; all else is clean.
    static func result(
        _ labels: [String] = all, resources: [Resource] = [.descriptors, .privateMemory],
        leaks: (String) -> [Resource: Double]
    ) -> CheckResult {
        let rows = labels.compactMap(Lifecycle.labeled).map { lifecycle in
            let amounts = leaks(lifecycle.label)
            return CheckResult.Row(
                lifecycle: lifecycle, connections: DriveCounts(),
                resources: resources.map { finding($0, amounts[$0]) })
        }
        var result = CheckResult(
            seed: 1, startedAt: "2026-03-01T12:00:00Z", durationSeconds: 1, budgetSeconds: 60, concurrency: 16,
            target: "serve", runtime: "native", isolation: .processPerLifecycle, rows: rows, samples: [], notes: [])
        result.probes = resources.filter { !Resource.ofEveryTarget.contains($0) }.map {
            ProbeSource(resource: $0, source: "a probe")
        }
        return result
    }

    /// A check in which `leaking` leave `amount` of `resource`.
    static func result(
        _ labels: [String] = all, leaking: [String], _ resource: Resource = .descriptors, amount: Double = 1
    ) -> CheckResult {
        result(labels) { leaking.contains($0) ? [resource: amount] : [:] }
    }

    /// A finding whose interval is a fiftieth of its amount to either side.
    private static func finding(_ resource: Resource, _ amount: Double?) -> CheckResult.Finding {
        guard let amount else {
            return CheckResult.Finding(
                resource: resource, verdict: .clean, perConnection: 0, interval: 0...0, smallestDetectable: 0.001)
        }
        return CheckResult.Finding(
            resource: resource, verdict: .leak, perConnection: amount, interval: amount * 0.98...amount * 1.02,
            smallestDetectable: amount)
    }
}

extension CheckResult {
    /// Makes the verdict on every resource of the rows `labels` inconclusive.
    mutating func doubt(_ labels: [String]) {
        for row in rows.indices where labels.contains(rows[row].lifecycle.label) {
            for index in rows[row].resources.indices { rows[row].resources[index].verdict = .inconclusive }
        }
    }

    var kinds: [Diagnosis.Kind] { diagnoses.map(\.kind) }
}
