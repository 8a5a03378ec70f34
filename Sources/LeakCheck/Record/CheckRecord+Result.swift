import LeakStatistics
import Lifecycles
import SystemCalls
import Targets

extension CheckRecord {
    /// The result as it was reported; judged from the samples where the check was killed before it could judge.
    public var recorded: CheckResult {
        var result = judged()
        guard let findings = end?.findings else { return result }
        for (index, findings) in findings.enumerated() where index < result.rows.count {
            result.rows[index].resources = findings
        }
        return result
    }

    /// The result as the rules of this version judge the samples, the leaks that `knownLeaks` accept marked.
    public func judged(_ knownLeaks: [KnownLeak] = []) -> CheckResult {
        let kept = header.rows.filter { $0.resolved != nil && facts[$0.label]?.isInapplicable != true }
        let rows = kept.compactMap(measurement)
        let judge = RowJudge(rules)
        var result = CheckResult(
            seed: header.seed, startedAt: header.startedAt,
            durationSeconds: end?.durationSeconds ?? samples.last?.seconds ?? 0, budgetSeconds: header.budgetSeconds,
            concurrency: header.concurrency, target: header.target, runtime: header.runtime,
            descriptorLimit: header.descriptorLimit, isolation: header.isolation, rows: rows.map(judge.row),
            samples: rows.flatMap(\.samples), interruption: interruption, environment: header.environment,
            notes: end?.notes ?? header.notes)
        result.usesTracingGC = header.collectsLazily
        result.noteGrowth(of: rows, beyond: header.memoryGrowthThresholdBytes)
        for (index, row) in kept.enumerated() { result.rows[index].reproducer = row.reproducer }
        result.startSeconds = end?.startSeconds
        result.timeSpent = end?.timeSpent
        result.stay = end?.stay
        result.probes = header.probes ?? []
        result.shard = header.shard
        result.mark(knownLeaks)
        return result
    }

    private var rules: RowJudge.Rules {
        var rules = RowJudge.Rules()
        rules.resources += header.probes?.map(\.resource) ?? []
        rules.heapCoversAllocators = header.probes?.contains { $0.coversAllocators ?? false } ?? false
        rules.lagging = Set(header.probes?.filter { $0.mayLag ?? false }.map(\.resource) ?? [])
        rules.usesTracingGC = header.collectsLazily
        rules.verdicts = header.rows.count * rules.resources.count * (header.shard?.count ?? 1)
        rules.pauseSeconds = header.pauseSeconds ?? 0
        rules.isPauseChosen = header.pauseChosen ?? false
        return rules
    }

    private var interruption: CheckResult.Interruption? {
        guard let end else { return .interrupted }
        return end.targetLost.map { .targetLost($0) } ?? (end.interrupted ? .interrupted : nil)
    }

    /// What was measured of `row`; nil where this version does not know its lifecycle.
    func measurement(_ row: Row) -> RowMeasurement? {
        guard let lifecycle = row.resolved else { return nil }
        var measurement = RowMeasurement(lifecycle)
        measurement.samples = samples.filter { $0.label == row.label }
        guard let facts = facts[row.label] else { return measurement }
        measurement.connections = facts.connections.counts
        for (name, seconds) in facts.releasedWithinSeconds {
            measurement.releasedWithin[Resource(rawValue: name)] = seconds
        }
        for (name, problem) in facts.unread ?? [:] {
            measurement.probeFailures[Resource(rawValue: name)] = problem
        }
        measurement.tcpStatesAtStart = facts.tcpStatesAtStart
        measurement.tcpStatesAtEnd = facts.tcpStatesAtEnd
        measurement.stopReason = facts.stopReason ?? facts.obstacle.map { .text($0) }
        measurement.failure = facts.failure ?? facts.breakdown.map { .text($0) }
        measurement.stall = facts.stall
        measurement.held = facts.held
        measurement.timers = facts.timers
        measurement.explanation = facts.explanation
        if let seconds = facts.holdSeconds { measurement.hold = .seconds(seconds) }
        return measurement
    }
}

extension CheckResult {
    /// A check of which nothing is known but what its record begins with: no row is decided.
    package init(begun header: CheckRecord.Header) {
        self = CheckRecord(header: header).judged()
        rows = []
    }
}

extension CheckRecord.RowFacts {
    init(_ row: RowMeasurement) {
        stall = row.stall
        lifecycle = row.lifecycle.name
        compressed = row.lifecycle.isCompressed
        connections = CheckRecord.Connections(row.connections)
        pauseIndex = row.troughs.first.map { $0 - 1 }
        releasedWithinSeconds = Dictionary(
            uniqueKeysWithValues: row.releasedWithin.map { ($0.key.rawValue, $0.value) })
        tcpStatesAtStart = row.tcpStatesAtStart
        tcpStatesAtEnd = row.tcpStatesAtEnd
        stopReason = row.stopReason
        if !row.probeFailures.isEmpty {
            unread = Dictionary(uniqueKeysWithValues: row.probeFailures.map { ($0.key.rawValue, $0.value) })
        }
        failure = row.failure
        held = row.held
        timers = row.timers
        isInapplicable = row.isInapplicable
        explanation = row.explanation
        holdSeconds = row.lifecycle.staysConnected ? row.hold.inSeconds : nil
    }
}

extension CheckRecord.Connections {
    init(_ counts: DriveCounts) {
        attempted = counts.attempted
        completed = counts.completed
        refused = counts.refused
        uncompressed = counts.uncompressed
        accepted = counts.accepted
        broken = counts.broken
        stalled = counts.stalled
        firstProblem = counts.firstProblem
        endedOtherwise = counts.endedOtherwise
        firstDeviation = counts.firstDeviation
        violations = counts.violations
        firstViolation = counts.firstViolation
    }

    fileprivate var counts: DriveCounts {
        var counts = DriveCounts()
        counts.attempted = attempted
        counts.completed = completed
        counts.refused = refused
        counts.uncompressed = uncompressed
        counts.accepted = accepted
        counts.broken = broken
        counts.stalled = stalled
        counts.firstProblem = firstProblem
        counts.endedOtherwise = endedOtherwise ?? 0
        counts.firstDeviation = firstDeviation
        counts.violations = violations ?? 0
        counts.firstViolation = firstViolation
        return counts
    }
}

extension CheckRecord.End {
    init(_ result: CheckResult) {
        durationSeconds = result.durationSeconds
        startSeconds = result.startSeconds
        timeSpent = result.timeSpent
        interrupted = result.interruption == .interrupted
        if case .targetLost(let problem) = result.interruption { targetLost = problem }
        notes = result.notes
        findings = result.rows.map(\.resources)
        stay = result.stay
    }
}
