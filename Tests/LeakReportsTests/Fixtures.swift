import LeakStatistics
import Lifecycles
import Remedies
import Targets

@testable import LeakCheck

/// A check that found a descriptor leak under `fin` and could not judge `reset`.
var sampleResult: CheckResult {
    var counts = DriveCounts()
    counts.attempted = 2000
    counts.completed = 1990
    counts.refused = 10
    counts.firstProblem = "refused: HTTP 503"
    func findings(_ descriptors: Verdict, _ amount: Double) -> [CheckResult.Finding] {
        [
            CheckResult.Finding(
                resource: .descriptors, verdict: descriptors, perConnection: amount,
                interval: (amount - 0.1)...(amount + 0.1),
                smallestDetectable: amount + 0.1, reason: descriptors == .inconclusive ? .byChance(verdicts: 114) : nil,
                tcpStates: descriptors == .leak ? ["CLOSE_WAIT": 1200] : [:]),
            CheckResult.Finding(
                resource: .threads, verdict: .clean, perConnection: 0, interval: 0...0, smallestDetectable: 0.0005),
            CheckResult.Finding(
                resource: .privateMemory, verdict: .clean, perConnection: 1.5, interval: -2...5,
                smallestDetectable: 12, releasedWithinSeconds: 10.2),
        ]
    }
    return CheckResult(
        seed: 4711, startedAt: "2026-03-01T12:00:00Z", durationSeconds: 12.25, budgetSeconds: 60, concurrency: 16,
        target: "serve", runtime: "native", descriptorLimit: 1030, isolation: .processPerLifecycle,
        rows: [
            CheckResult.Row(
                lifecycle: .fin, connections: counts, resources: findings(.leak, 0.6),
                reproducer: "watertight check --lifecycle fin"),
            CheckResult.Row(lifecycle: .reset, connections: counts, resources: findings(.inconclusive, 0.2)),
        ],
        samples: [
            CheckResult.Sample(
                lifecycle: "fin", connections: 40, seconds: 0.5, phase: .measure, descriptors: 30, threads: 4,
                privateMemory: 1_000_000, residentMemory: 2_000_000)
        ], interruption: nil, notes: ["a note"])
}

/// A result whose every text is out to break out of a report.
var hostileResult: CheckResult {
    let text =
        "</title><script>alert(1)</script> & \"'`|```]]> \u{0}\u{8}\u{1B}[31m\u{FFFE} é\r\n::error::forged\n# EOF"
    var result = sampleResult
    result.target = text
    result.runtime = text
    result.environment = text
    result.notes = [Problem(text)]
    result.interruption = .targetLost(Problem(text))
    for row in result.rows.indices {
        result.rows[row].reproducer = text
        result.rows[row].connections.firstProblem = Problem(text)
        for index in result.rows[row].resources.indices { result.rows[row].resources[index].reason = .text(text) }
        result.rows[row].resources.append(
            CheckResult.Finding(
                resource: Resource(rawValue: text), verdict: .inconclusive, perConnection: 1, interval: 0...2,
                smallestDetectable: 2))
    }
    // A gauge of the user's has a name of the user's, or of a record's.
    result.probes = [ProbeSource(resource: Resource(rawValue: text), source: text)]
    // A plot needs some samples.
    result.samples = (1...20).map { block in
        var sample = result.samples[0]
        sample.connections = 40 * block
        sample.probed = [text: Double(block)]
        return sample
    }
    return result
}

/// A result with enough samples for plots: `fin` leaks, `reset` is clean.
var plottedResult: CheckResult {
    var result = sampleResult
    result.rows[1].resources[0].verdict = .clean
    result.rows[1].resources[0].reason = nil
    result.samples = ["fin", "reset/open"].flatMap { lifecycle in
        (0...20).map { block in
            CheckResult.Sample(
                lifecycle: lifecycle, connections: block * 100, seconds: Double(block) / 10,
                phase: block < 14 ? .measure : block == 14 ? .pause : .confirm,
                descriptors: lifecycle == "fin" ? 10 + block * 60 : 10, threads: 4,
                privateMemory: 5_000_000 + block % 3 * 4096, residentMemory: 9_000_000)
        }
    }
    return result
}
