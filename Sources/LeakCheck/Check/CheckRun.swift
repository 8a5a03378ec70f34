import HeapProbes
import Lifecycles
import Logging
import ProcessResources
import Remedies
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
    var notes: [Problem] = []
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
    var firstHoldings: [Int: [ProcessHolding]] = [:]
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
    /// Holds peers whose connections are over, beside the rows.
    var releaseWatch: ReleaseWatch?
    /// What the time went into, in all and before the turn of the row that is driven.
    var timeSpent = TimeSpent()
    var timeBeforeTurn = TimeSpent()
    /// What the last readings of the probes took.
    var probeCost = Duration.zero
    /// When sockets may be read by state again.
    var socketsDue = MonotonicTime.now
    /// What resting rows were seen to hold, by row.
    var pauseWatches: [Int: PauseWatch] = [:]
    private var isHeaderRecorded = false
    /// Whether the verdicts stand, and causes are looked for.
    var isExplaining = false
    /// The row that was driven, or whose pause was waited for, last.
    var latest: Int?

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
        let ending = try await ending()
        recordHeader()
        var result = judged(ending.interruption)
        if ending.mayExplain {
            let began = MonotonicTime.now
            await explain(&result)
            result.requireKnownCauses()
            timeSpent.explainingSeconds = began.elapsed.inSeconds
            result.timeSpent = timeSpent
            result.shard = plan.shard
        }
        logger.debug("the check: \(timeSpent.words())")
        recordEnd(result)
        return result
    }

    /// How the driving ended.
    private struct Ending {
        /// Why early; nil where nothing was left to do.
        var interruption: CheckResult.Interruption?
        /// Whether causes of what was found may be looked for: also after a target has ended, which can be started again.
        var mayExplain = false
    }

    /// Drives until nothing is left to do, or it cannot go on. Throws where nothing was measured yet.
    private func ending() async throws -> Ending {
        do {
            try await prepare()
            try await carryOut()
            return Ending(mayExplain: true)
        } catch let lost as TargetLost {
            // Whatever it seemed to be, nobody knows what the target would have come to.
            if let latest, rows[latest].failure == nil {
                rows[latest].failure = .targetLost(after: rows[latest].connections.completed)
            }
            return Ending(interruption: .targetLost(lost.problem), mayExplain: true)
        } catch let failure as TargetFailure {
            // A later target did not start: what was measured before is worth having.
            if !isHeaderRecorded { throw failure }
            return Ending(interruption: .targetLost(failure.problem))
        } catch let failure as SystemCallError {
            if !isHeaderRecorded { throw failure }
            return Ending(interruption: .targetLost("the check cannot go on: \(failure)"))
        } catch is CancellationError {
            // Cancelled before there was anything to report.
            if description == nil { throw CancellationError() }
            return Ending(interruption: .interrupted)
        }
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
        _ = await releaseWatch?.end(at: .now)
        await targets.endAll()
    }

    func recordHeader() {
        guard !isHeaderRecorded else { return }
        isHeaderRecorded = true
        record(.header(header))
    }

    var isolation: CheckResult.Isolation { plan.usesOneProcess ? .sharedProcess : .processPerLifecycle }
}
