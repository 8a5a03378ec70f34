import LeakStatistics
import Lifecycles
import Sockets

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
        let rows = kept.compactMap(rebuilt)
        for row in rows { row.comparisons = header.rows.count * row.resources.count }
        var notes = header.notes
        if let threshold = header.memoryGrowthThresholdBytes { notes += rows.compactMap { $0.note(beyond: threshold) } }
        var result = CheckResult(
            seed: header.seed, startedAt: header.startedAt,
            durationSeconds: end?.durationSeconds ?? samples.last?.seconds ?? 0, budgetSeconds: header.budgetSeconds,
            concurrency: header.concurrency, target: header.target, runtime: header.runtime,
            descriptorLimit: header.descriptorLimit, isolation: header.isolation,
            rows: rows.map { $0.result(isLazy: header.collectsLazily) }, samples: rows.flatMap(\.samples),
            interruption: interruption,
            environment: header.environment, notes: end?.notes ?? notes)
        for (index, row) in kept.enumerated() {
            result.rows[index].reproducer = row.reproducer
        }
        result.probes = header.probes ?? []
        result.mark(knownLeaks)
        return result
    }

    private var interruption: CheckResult.Interruption? {
        guard let end else { return .interrupted }
        return end.targetLost.map { .targetLost($0) } ?? (end.interrupted ? .interrupted : nil)
    }

    private func rebuilt(_ row: Row) -> RowRun? {
        guard let lifecycle = row.resolved else { return nil }
        let run = RowRun(lifecycle)
        run.resources += header.probes?.map(\.resource) ?? []
        run.lagging = Set(header.probes?.filter { $0.mayLag ?? false }.map(\.resource) ?? [])
        run.samples = samples.filter { $0.label == row.label }
        guard let facts = facts[row.label] else { return run }
        run.counts = facts.connections.counts
        run.pauseIndex = facts.pauseIndex
        for resource in run.resources {
            run.releasedWithin[resource] = facts.releasedWithinSeconds[resource.rawValue].map { .seconds($0) }
            run.unread[resource] = facts.unread?[resource.rawValue]
        }
        run.statesAtStart = facts.tcpStatesAtStart
        run.statesAtEnd = facts.tcpStatesAtEnd
        run.obstacle = facts.obstacle
        run.breakdown = facts.breakdown
        run.stall = facts.stall
        return run
    }
}

extension CheckRecord.RowFacts {
    init(_ run: RowRun) {
        stall = run.stall
        lifecycle = run.lifecycle.name
        compressed = run.lifecycle.isCompressed
        connections = CheckRecord.Connections(run.counts)
        pauseIndex = run.pauseIndex
        releasedWithinSeconds = [:]
        for (resource, duration) in run.releasedWithin { releasedWithinSeconds[resource.rawValue] = duration.inSeconds }
        tcpStatesAtStart = run.statesAtStart
        tcpStatesAtEnd = run.statesAtEnd
        obstacle = run.obstacle
        if !run.unread.isEmpty {
            unread = Dictionary(uniqueKeysWithValues: run.unread.map { ($0.key.rawValue, $0.value) })
        }
        breakdown = run.breakdown
        isInapplicable = run.state == .inapplicable
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
        return counts
    }
}

extension CheckRecord.End {
    init(_ result: CheckResult) {
        durationSeconds = result.durationSeconds
        interrupted = result.interruption == .interrupted
        if case .targetLost(let problem) = result.interruption { targetLost = problem }
        notes = result.notes
        findings = result.rows.map(\.resources)
    }
}
