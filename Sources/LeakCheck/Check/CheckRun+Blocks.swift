import LeakStatistics
import Lifecycles
import Logging
import Remedies
import SystemCalls
import Targets

/// Blocks of connections, and the samples between them.
extension CheckRun {
    /// Blocks in a row in which hardly any connection came about, after which none will.
    private static let mostFailedBlocks = 3
    /// When a block begins no more connections.
    private static let blockLimit = Duration.seconds(5)
    /// Blocks after which a target that did not come to rest is taken for one that never does.
    private static let mostRestless = 2

    /// One block: connections, settle, a sample.
    func block(
        _ row: Int, _ target: Target, _ wanted: Int, _ phase: CheckResult.Sample.Phase
    ) async throws -> CheckSchedule.Block {
        try Task.checkCancellation()
        guard let connections = connections(row, wanted, phase) else { return ended(row, isLast: true) }
        let crowd = rows[row].lifecycle.staysConnected ? Stay.crowd(rows[row].hold) : plan.concurrency
        let atATime = min(max(plan.concurrency, crowd), SafeLoad.peers(descriptorUse[row]?.last))
        var script = script(for: target)
        script.holdLimit = rows[row].hold
        let began = MonotonicTime.now
        let load = PeerDriver.Load(
            connections: connections, concurrency: min(atATime, concurrencyBound, connections),
            limit: Self.blockLimit, acceptQueue: { target.acceptQueue() })
        let counts = await driver.drive(rows[row].lifecycle, script, load)
        let took = began.elapsed.inSeconds
        timeSpent.drivingSeconds += took
        rows[row].connections += counts
        let doesOtherwise = counts.accepted + counts.unsuited > 0
        if doesOtherwise && rows[row].connections.completed == 0 {
            rows[row].isInapplicable = true
            return ended(row, isLast: true)
        }
        if let problem = counts.firstProblem { logger.info("\(rows[row].lifecycle.label): \(problem.description)") }
        try await settle(row, target)
        try await sample(row, target, phase)
        try Task.checkCancellation()
        var block = ended(row, isLast: false)
        block.isBroken = try await isBroken(row, target, counts, of: connections, phase)
        block.isLast = block.isBroken
        block.rate = counts.completed > 0 ? Double(counts.completed) / max(took, 0.001) : 0
        return block
    }

    /// What the row comes to after a block.
    private func ended(_ row: Int, isLast: Bool) -> CheckSchedule.Block {
        let began = MonotonicTime.now
        defer { timeSpent.judgingSeconds += began.elapsed.inSeconds }
        let judgments = judge.judgments(rows[row])
        return CheckSchedule.Block(
            completed: rows[row].completed, rate: 0, assessments: judgments.mapValues(\.assessment),
            isClear: RowJudge.isClear(judgments), restTells: RowJudge.restTells(judgments), probeCost: probeCost,
            isLast: isLast,
            isInapplicable: rows[row].isInapplicable)
    }

    /// Connections of the next block that the target can safely take; nil where it can take none.
    private func connections(_ row: Int, _ wanted: Int, _ phase: CheckResult.Sample.Phase) -> Int? {
        switch SafeLoad.connections(rows[row], use: descriptorUse[row], isBeforePause: phase == .measure) {
        case .room(let room): return max(1, min(wanted, room))
        case .none(let reason):
            rows[row].stopReason = reason
            return nil
        }
    }

    /// Whether the row cannot go on: its processes were replaced, it stalled, or its connections no longer come about.
    private func isBroken(
        _ row: Int, _ target: Target, _ counts: DriveCounts, of connections: Int, _ phase: CheckResult.Sample.Phase
    ) async throws -> Bool {
        if let replaced = try await replacement(of: target, in: row) {
            rows[row].failure = replaced
            return true
        }
        if try await noteStall(row, target, counts) {
            // What stayed open through it counts as well.
            try await sample(row, target, phase)
            return true
        }
        failedBlocks[row] = counts.completed * 2 < connections ? failedBlocks[row, default: 0] + 1 : 0
        guard failedBlocks[row, default: 0] >= Self.mostFailedBlocks else { return false }
        // Behind a shell the server is gone before the command has ended, which would be the better answer.
        let deadline = MonotonicTime.now + .seconds(1)
        while MonotonicTime.now < deadline {
            _ = try target.descriptorCount()
            try await Task.sleep(for: .milliseconds(20))
        }
        rows[row].failure = failure(row, counts)
        return true
    }

    /// Processes that served the row's connections, and have ended with what they held.
    func replacement(of target: Target, in row: Int) async throws -> RowFailure? {
        try await target.replacement(connections: rows[row].connections.attempted)
            .map { .replaced(ended: $0.ended, by: $0.fresh) }
    }

    private func failure(_ row: Int, _ counts: DriveCounts) -> RowFailure {
        let problem = counts.firstProblem ?? ""
        if counts.notAttempted > 0 { return .notAttempted(problem: problem) }
        let completed = rows[row].completed
        return completed > 0 ? .ceased(after: completed, problem: problem) : .neverCame(problem: problem)
    }

    /// Waits until the target has worked off what was done to it.
    private func settle(_ row: Int, _ target: Target) async throws {
        let began = MonotonicTime.now
        defer { timeSpent.settlingSeconds += began.elapsed.inSeconds }
        let restless = restlessBlocks[row, default: 0]
        // A target that has a thread which never rests has it in every row.
        let most = hasRestlessTarget ? 1 : Self.mostRestless
        let awaitsRest = await target.probes.areExact && restless < most
        var settling = Settling(
            control: rows[row].samples.last?.descriptors ?? 0, awaitsRest: awaitsRest, isPatient: !hasRestlessTarget,
            at: .now)
        try await settling.wait(for: target)
        guard awaitsRest else { return }
        restlessBlocks[row] = settling.isAtRest(at: .now) ? 0 : restless + 1
        if restlessBlocks[row] == most { hasRestlessTarget = true }
    }

    /// Reads the target and notes it.
    func sample(_ row: Int, _ target: Target, _ phase: CheckResult.Sample.Phase) async throws {
        let began = MonotonicTime.now
        defer { timeSpent.readingSeconds += began.elapsed.inSeconds }
        // Before the rest, which then has what the probes themselves cost the target.
        let levels = await probed(row, target, isDecisive: rows[row].samples.isEmpty || phase != .measure)
        let reading = try target.reading()
        descriptorUse[row] = (descriptorUse[row]?.first ?? reading.descriptorUse, reading.descriptorUse)
        var sample = CheckResult.Sample(rows[row], reading, phase, seconds: start.elapsed.inSeconds)
        sample.allocator = await target.allocators.read(
            target.members, connections: sample.connections,
            isDecisive: rows[row].samples.isEmpty || phase != .measure,
            beside: await target.probes.besideAllocators())
        sample.probed = levels
        sample.tcpStates = try socketsToShow(of: target)
        rows[row].samples.append(sample)
        record(.sample(sample))
        record(.row(CheckRecord.RowFacts(rows[row])))
        tell(row, phase, privateMemory: reading.privateMemory)
    }

    /// What the probes of a row's target read, by resource; nil where it is the turn of none.
    func probed(_ row: Int, _ target: Target, isDecisive: Bool = true) async -> [String: Double]? {
        let levels = await target.probes.read(
            connections: rows[row].connections.completed, isDecisive: isDecisive)
        rows[row].probeFailures = await target.probes.failures
        probeCost = await target.probes.cost
        return levels.isEmpty ? nil : Dictionary(uniqueKeysWithValues: levels.map { ($0.key.rawValue, $0.value) })
    }

    /// Sockets by state for whoever looks on; nil where nobody does, or a hundred times what the last reading took is not
    /// over yet.
    private func socketsToShow(of target: Target) throws -> [String: Int]? {
        let began = MonotonicTime.now
        guard plan.readsSockets, began >= socketsDue else { return nil }
        let states = try target.tcpStates()
        socketsDue = .now + max(.seconds(1), began.elapsed * 100)
        return states
    }

    /// Reports what is going on.
    func tell(
        _ row: Int, _ phase: CheckResult.Sample.Phase, privateMemory: Int, finished: CheckResult.Row? = nil
    ) {
        var progress = LeakCheck.Progress(
            lifecycle: rows[row].lifecycle.label, phase: phase,
            connections: rows.reduce(0) { $0 + $1.connections.completed }, privateMemory: privateMemory,
            seconds: start.elapsed.inSeconds, decided: schedule.rows.count { $0.state == .decided },
            rows: schedule.rows.count { !$0.isInapplicable }, suspects: suspects, isExplaining: isExplaining)
        progress.finished = finished
        report(progress)
    }

    /// The rows that rest, what is suspected of them, and how long they still must.
    private var suspects: [LeakCheck.Progress.Suspect] {
        let suspects = schedule.rows.indices.filter {
            schedule.rows[$0].state == .resting && !schedule.rows[$0].restsInDoubt
        }
        return suspects.map { row in
            let scheduled = schedule.rows[row]
            let left = scheduled.requiredRest(schedule.settings.pause) - scheduled.idleSince.elapsed
            return LeakCheck.Progress.Suspect(
                lifecycle: rows[row].lifecycle.label, amounts: judge.suspicions(of: rows[row]),
                secondsLeft: max(0, left.inSeconds))
        }
    }
}

extension CheckResult.Sample {
    /// What was read of a row's target, without what probes say.
    init(_ row: RowMeasurement, _ reading: Target.Reading, _ phase: Phase, seconds: Double) {
        self.init(
            lifecycle: row.lifecycle.name, compressed: row.lifecycle.isCompressed,
            connections: row.connections.completed, seconds: seconds, phase: phase,
            descriptors: reading.descriptors, threads: reading.threads, privateMemory: reading.privateMemory,
            residentMemory: reading.residentMemory)
    }
}
