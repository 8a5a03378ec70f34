import HeapProbes
import Lifecycles
import Logging
import ProcessResources
import Sockets
import SystemCalls
import Targets
import WebSocketProtocol

/// Carries a check out: drives, reads and records what the schedule says, and has the judge say what it amounts to.
final class CheckRun {
    let plan: CheckPlan
    let driver: PeerDriver
    let logger: Logger
    let report: @Sendable (LeakCheck.Progress) -> Void
    let record: @Sendable (CheckRecord.Entry) -> Void
    let start = MonotonicTime.now
    let startedAt = UTCTime.now
    let targets: RowTargets
    /// What was measured, by row.
    var rows: [RowMeasurement]
    var schedule: CheckSchedule
    var judge = RowJudge(RowJudge.Rules())
    /// What is known of the target once it has been looked at.
    var description: TargetDescription?
    var notes: [String] = []
    /// Whether the target answers messages.
    var expectsReply = true
    /// What the first connection agreed on, where the target speaks TLS.
    var encryption: EncryptionSummary?
    /// Whether a polite connection comes about.
    var isPolite = false
    /// The most connections at a time for which this process has descriptors.
    var concurrencyBound = Int.max
    /// What each row's process with the least room had open first and last, for as long as it is driven.
    var descriptorUse: [Int: (first: DescriptorUse, last: DescriptorUse)] = [:]
    /// What each process of a row's target held at first, where there are several.
    private var firstHoldings: [Int: [ProcessHolding]] = [:]
    /// Blocks in a row in which hardly any connection came about, by row.
    var failedBlocks: [Int: Int] = [:]
    /// Blocks in a row after which the target did not come to rest, by row.
    var restlessBlocks: [Int: Int] = [:]
    /// Whether a target never came to rest.
    var hasRestlessTarget = false
    /// Watches the target's heartbeat until the first row asks for it; since when; and what it saw.
    var stayWatch: StayWatch?
    var stayWatchBegan = MonotonicTime.now
    var observation: StayObservation?
    var stay = CheckResult.Stay()
    /// What the time went into, in all and before the turn of the row that is driven.
    var timeSpent = TimeSpent()
    private var timeBeforeTurn = TimeSpent()
    /// What the last readings of the probes took.
    var probeCost = Duration.zero
    /// What resting rows were seen to hold, by row.
    private var pauseWatches: [Int: PauseWatch] = [:]
    private var isHeaderRecorded = false
    /// Whether the verdicts stand, and causes are looked for.
    var isExplaining = false
    /// The row that was driven, or whose pause was waited for, last.
    private var latest: Int?

    /// What is known of the target once it has been looked at.
    struct TargetDescription {
        var name: String
        var runtime: RecognisedRuntime
        var descriptorLimit: Int
        var probes: [ProbeSource]
    }

    init(
        plan: CheckPlan, driver: PeerDriver, logger: Logger,
        progress: @escaping @Sendable (LeakCheck.Progress) -> Void,
        record: @escaping @Sendable (CheckRecord.Entry) -> Void
    ) {
        self.plan = plan
        self.driver = driver
        self.logger = logger
        report = progress
        self.record = record
        targets = RowTargets(plan, logger: logger)
        rows = plan.rows.map { RowMeasurement($0) }
        schedule = CheckSchedule(plan.settings(start: start), staysConnected: [], seed: plan.seed)
    }

    func run() async throws -> CheckResult {
        guard !rows.isEmpty else {
            throw TargetFailure.invalid("no lifecycle was chosen: name one, or take those of a profile")
        }
        var interruption: CheckResult.Interruption?
        do {
            try await prepare()
            try await carryOut()
        } catch let lost as TargetLost {
            interruption = .targetLost(lost.problem)
            // Whatever it seemed to be, nobody knows what the target would have come to.
            if let latest, rows[latest].failure == nil {
                rows[latest].failure = .targetLost(after: rows[latest].connections.completed)
            }
        } catch let failure as TargetFailure {
            // A later target did not start: what was measured before is worth having.
            if !isHeaderRecorded { throw failure }
            interruption = .targetLost("\(failure)")
        } catch let failure as SystemCallError {
            if !isHeaderRecorded { throw failure }
            interruption = .targetLost("the check cannot go on: \(failure)")
        } catch is CancellationError {
            // Cancelled before there was anything to report.
            if description == nil { throw CancellationError() }
            interruption = .interrupted
        }
        recordHeader()
        var result = judged(interruption)
        if interruption == nil {
            let began = MonotonicTime.now
            await explain(&result)
            timeSpent.explainingSeconds = began.elapsed.inSeconds
            result.timeSpent = timeSpent
        }
        logger.debug("the check: \(timeSpent)")
        recordEnd(result)
        return result
    }

    /// What was measured comes to.
    private func judged(_ interruption: CheckResult.Interruption?) -> CheckResult {
        let kept = rows.filter { !$0.isInapplicable }
        var result = CheckResult(
            seed: plan.seed, startedAt: startedAt, durationSeconds: start.elapsed.inSeconds,
            budgetSeconds: plan.budget.inSeconds, concurrency: plan.concurrency, target: description?.name ?? "",
            runtime: description.map { "\($0.runtime)" } ?? "unknown", descriptorLimit: description?.descriptorLimit,
            isolation: isolation, probes: description?.probes ?? [], rows: kept.map(judge.row),
            samples: kept.flatMap(\.samples), interruption: interruption, environment: plan.environment, notes: notes)
        stay.add(kept)
        if !stay.rows.isEmpty || stay.leftOut != nil { result.stay = stay }
        result.usesTracingGC = judge.rules.usesTracingGC
        result.startSeconds = targets.startTime > .zero ? targets.startTime.inSeconds : nil
        result.timeSpent = timeSpent
        result.noteGrowth(of: kept, beyond: plan.memoryGrowthThresholdBytes)
        result.mark(plan.knownLeaks)
        return result
    }

    private func recordEnd(_ result: CheckResult) {
        // A row that was cut off in the middle has learned more since its last sample.
        for row in rows { record(.row(CheckRecord.RowFacts(row))) }
        record(.end(CheckRecord.End(result)))
    }

    /// Ends every process that was started.
    func end() async {
        _ = await stayWatch?.end()
        await targets.endAll()
    }

    func recordHeader() {
        guard !isHeaderRecorded else { return }
        isHeaderRecorded = true
        record(.header(header))
    }

    var isolation: CheckResult.Isolation { plan.usesOneProcess ? .sharedProcess : .processPerLifecycle }

    // MARK: The course

    /// Does what the schedule says until it says that the check is over.
    private func carryOut() async throws {
        while true {
            try Task.checkCancellation()
            let step = schedule.next(at: .now)
            switch step {
            case .begin(let row, let phase): try await begin(row, phase)
            case .drive(let row, let connections, let phase): try await drive(row, connections, phase)
            case .hold(let moment):
                let began = MonotonicTime.now
                defer { timeSpent.waitingSeconds += began.elapsed.inSeconds }
                try await Task.sleep(for: max(.milliseconds(1), moment - .now))
            case .watch(let resting): try await watch(resting)
            case .readTrough(let row): try await readTrough(row)
            case .finish(let row): try await finish(row)
            case .done: return
            }
        }
    }

    /// Has a process for a row whose turn begins, and reads it.
    private func begin(_ row: Int, _ phase: CheckResult.Sample.Phase) async throws {
        latest = row
        timeBeforeTurn = timeSpent
        let began = MonotonicTime.now
        let isDriven = await chooseHold(row)
        timeSpent.waitingSeconds += began.elapsed.inSeconds
        guard isDriven else {
            await targets.retire(row)
            return schedule.didLeaveOut(row)
        }
        let target = try await startedTarget(of: row)
        schedule.didStart(in: targets.startTime)
        targets.startAhead(upcoming(after: row))
        if rows[row].samples.isEmpty {
            try target.noteServers()
            try await sendHostilePeers(before: row, target)
            rows[row].tcpStatesAtStart = try target.tcpStates()
            if target.members.count > 1 { firstHoldings[row] = try target.holdings() }
        }
        // Also when the row is taken up again: what happened meanwhile is not its connections' doing.
        if rows[row].samples.last?.phase != .pause { try await sample(row, target, phase) }
        schedule.didBegin(row, at: .now)
    }

    /// The process of a row, waited for where it is still starting.
    private func startedTarget(of row: Int) async throws -> Target {
        let began = MonotonicTime.now
        defer { timeSpent.startingSeconds += began.elapsed.inSeconds }
        return try await targets.target(of: row)
    }

    /// One block of a row.
    private func drive(_ row: Int, _ connections: Int, _ phase: CheckResult.Sample.Phase) async throws {
        let target = try await targets.target(of: row)
        latest = row
        let block = try await block(row, target, connections, phase)
        schedule.didDrive(row, block, at: .now)
        if schedule.current != row {
            logger.debug("\(rows[row].lifecycle.label), this turn: \(timeSpent.since(timeBeforeTurn))")
        }
        record(.row(CheckRecord.RowFacts(rows[row])))
        if block.isInapplicable {
            await targets.retire(row)
            notes.append("\(rows[row].lifecycle.label) was not driven: the target accepts what was to be refused")
        }
    }

    /// The rows that are driven first after this one.
    private func upcoming(after row: Int) -> [Int] {
        let waiting = schedule.rows.indices.filter { $0 > row && schedule.rows[$0].state == .waiting }
        return Array(waiting.prefix(schedule.startsAhead))
    }

    /// Has the target meet a few of all the other lifecycles' peers, where the row is about what they leave broken.
    private func sendHostilePeers(before row: Int, _ target: Target) async throws {
        guard rows[row].lifecycle == .cleanCloseAfterHostile else { return }
        var script = script(for: target)
        script.stepLimit = .seconds(1)
        // Whichever rows were chosen: the command that reproduces this row drives it alone.
        for other in Lifecycle.standard where other != rows[row].lifecycle {
            let load = PeerDriver.Load(connections: 8, concurrency: 8, limit: .seconds(1))
            _ = await driver.drive(other, script, load)
            try Task.checkCancellation()
        }
    }

    /// Watches suspects do nothing for a moment, and notes what they give back.
    private func watch(_ resting: [Int]) async throws {
        let began = MonotonicTime.now
        defer { timeSpent.waitingSeconds += began.elapsed.inSeconds }
        try await Task.sleep(for: .milliseconds(200))
        for row in resting {
            guard let target = targets.existing(row) else { continue }
            latest = row
            var moment = CheckResult.Sample(
                rows[row], try target.reading(), .pause, seconds: start.elapsed.inSeconds)
            moment.allocator = await target.allocators.read(
                target.members, connections: moment.connections, isDecisive: false,
                beside: await target.probes.besideAllocators())
            if row == resting.first { tell(row, .pause, privateMemory: moment.privateMemory) }
            let rest = judge.rest(of: rows[row], at: moment)
            let idle = (MonotonicTime.now - schedule.rows[row].idleSince).inSeconds
            rows[row].noteReleases(rest.releases, after: idle)
            let crest = rows[row].samples.last ?? moment
            let hasFallen = pauseWatches[row, default: PauseWatch()].hasFallen(at: moment, since: crest)
            schedule.didWatch(row, hasReleased: rest.isOver, hasFallen: hasFallen, at: .now)
        }
    }

    /// Reads a row at the end of its pause.
    private func readTrough(_ row: Int) async throws {
        guard let target = targets.existing(row) else { return }
        latest = row
        let suspects = judge.assessments(rows[row]).filter { $0.value == .suspect }.map(\.key)
        let idle = (MonotonicTime.now - schedule.rows[row].idleSince).inSeconds
        try await sample(row, target, .pause)
        let assessments = judge.assessments(rows[row])
        rows[row].noteReleases(
            Dictionary(uniqueKeysWithValues: suspects.map { ($0, assessments[$0]?.isClean(tightly: false) ?? false) }),
            after: idle)
        pauseWatches[row] = nil
        if let replaced = try await replacement(of: target, in: row) { rows[row].failure = replaced }
        // What stood in the way may be gone.
        rows[row].stopReason = nil
        rows[row].tcpStatesAtEnd = try target.tcpStates()
        schedule.didReadTrough(row, assessments, at: .now)
        record(.row(CheckRecord.RowFacts(rows[row])))
    }

    /// Nothing more is to be learned of a row.
    private func finish(_ row: Int) async throws {
        defer { record(.row(CheckRecord.RowFacts(rows[row]))) }
        guard let target = targets.existing(row), !rows[row].samples.isEmpty else { return }
        latest = row
        if rows[row].failure == nil {
            rows[row].failure = try await replacement(of: target, in: row)
        }
        if rows[row].failure == nil {
            if let first = firstHoldings[row] {
                rows[row].gains = ProcessGain.gains(from: first, to: try target.holdings())
            }
            rows[row].tcpStatesAtEnd = try target.tcpStates()
            try await requireAnswer(row, target)
        }
        await targets.retire(row)
    }
}
