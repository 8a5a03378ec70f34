import HeapProbes
import LeakStatistics
import Lifecycles
import Logging
import ProcessResources
import Sockets
import SystemCalls
import WebSocketProtocol

/// The course of one check: which row is driven when.
///
/// Every row is measured for a slice of the budget. Rows that grow like a leak are left alone for a pause while
/// others are driven, then driven again: what a server keeps for a time only is given back, or used again, by then.
final class CheckRun {
    let plan: CheckPlan
    let driver: PeerDriver
    let logger: Logger
    let report: @Sendable (LeakCheck.Progress) -> Void
    let record: @Sendable (CheckRecord.Entry) -> Void
    private var isHeaderRecorded = false
    let start = MonotonicTime.now
    let startedAt = UTCTime.now
    private(set) var rows: [RowRun]
    var sharedTarget: Target?
    /// The next row's process, which starts while another row is driven.
    var upcoming: (row: RowRun, start: Task<Target, any Error>)?
    /// Processes that have served their purpose and were asked to end.
    var retired: [Target] = []
    private(set) var description = ""
    private(set) var runtime: RecognisedRuntime?
    private(set) var descriptorLimit: Int?
    var notes: [String] = []
    /// What is read of each target beside its processes.
    private(set) var probes: [CheckResult.Probe] = []
    var generator: SeededGenerator
    var expectsReply = true
    /// Whether a polite connection comes about.
    var isPolite = false
    /// The most connections at a time for which this process has descriptors.
    var concurrencyBound = Int.max
    /// The row whose connections were made, or whose pause is waited for, last.
    private var driven: RowRun?

    /// Longer than the timers of most servers; no leak is called before a pause of this length, if the budget has room.
    private static let longestPause = Duration.seconds(40)
    /// What common timers need, however small the budget.
    private static let shortestPause = Duration.seconds(5)
    /// How long a suspect is driven again, and in how many blocks at least: of fewer nothing can be said.
    private static let longestConfirmation = Duration.seconds(4)
    private static let leastConfirmingBlocks = 6
    /// How many readings of a probe a slice has room for, and as much time besides.
    private static let readingsOfSlice = 12
    /// The share of the budget that no pause is prolonged into: small leaks need many connections behind it.
    private static let confirmingShare = 0.2
    /// The share of the budget in which every row is measured once.
    private static let measuringShare = 0.45
    /// Blocks in a row after which a suspicion stands.
    private static let standingSuspicion = 3

    /// How long a row is driven against a suspicion that stands, where few rows share a budget: well beyond what each gets
    /// where many do. What the pause and the connections behind it say is worth more than a narrower interval before it.
    static func longestSuspicion(_ budget: Duration) -> Duration { max(.seconds(5), budget / 30) }

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
        rows = plan.rows.map(RowRun.init)
        generator = SeededGenerator(seed: plan.seed)
    }

    func run() async throws -> CheckResult {
        guard !rows.isEmpty else { throw CheckFailure.invalid("no lifecycle was chosen") }
        var interruption: CheckResult.Interruption?
        do {
            try await prepare()
            try await measureAll()
            try await decideAll()
        } catch let lost as TargetLost {
            interruption = .targetLost(lost.problem)
            // Whatever it seemed to be, nobody knows what the target would have come to.
            if let driven, driven.breakdown == nil {
                driven.breakdown = "the target was lost after \(driven.counts.completed) connections of this lifecycle"
            }
        } catch let failure as CheckFailure {
            // A later target did not start: what was measured before is worth having.
            if !isHeaderRecorded { throw failure }
            interruption = .targetLost("\(failure)")
        } catch let failure as SystemCallError {
            if !isHeaderRecorded { throw failure }
            interruption = .targetLost("the check cannot go on: \(failure)")
        } catch is CancellationError {
            // Cancelled before there was anything to report.
            if runtime == nil { throw CancellationError() }
            interruption = .interrupted
        }
        if let threshold = plan.memoryGrowthThresholdBytes { notes += rows.compactMap { $0.note(beyond: threshold) } }
        recordHeader()
        var result = CheckResult(
            seed: plan.seed, startedAt: startedAt, durationSeconds: start.elapsed.inSeconds,
            budgetSeconds: plan.budget.inSeconds, concurrency: plan.concurrency, target: description,
            runtime: runtime.map { "\($0)" } ?? "unknown", descriptorLimit: descriptorLimit, isolation: isolation,
            probes: probes,
            rows: rows.map { $0.result(isLazy: isLazy) }, samples: rows.flatMap(\.samples), interruption: interruption,
            environment: plan.environment, notes: notes)
        result.mark(plan.knownLeaks)
        // A row that was cut off in the middle has learned more since its last sample.
        for row in rows { record(.row(CheckRecord.RowFacts(row))) }
        record(.end(CheckRecord.End(result)))
        return result
    }

    private func recordHeader() {
        guard !isHeaderRecorded else { return }
        isHeaderRecorded = true
        record(.header(header))
    }

    // MARK: The course

    /// Starts the first target and looks at it.
    private func prepare() async throws {
        let target = try await Self.newTarget(plan)
        if usesOneProcess { sharedTarget = target } else { rows[0].target = target }
        // Before it counts as begun: what was asked for by name and cannot be read is the user's to correct.
        try await chooseProbes(target)
        runtime = target.runtime
        descriptorLimit = target.descriptorLimit
        switch plan.subject {
        case .command(let words): description = words.joined(separator: " ")
        case .running, .group:
            description = "\(target.url), process \(target.pids.map(String.init).joined(separator: ", "))"
        }
        boundConcurrency()
        try await meet(target)
        try await chooseCompression(target)
        for row in rows { row.comparisons = rows.count * row.resources.count }
        recordHeader()
        try Task.checkCancellation()
    }

    /// Leaves out the compressed rows of a target that does not compress, unless they were asked for by themselves.
    private func chooseCompression(_ target: Target) async throws {
        guard plan.compression == .both, let compressed = Lifecycle.cleanClose.compressed else { return }
        let counts = await driver.drive(compressed, script(for: target), .init(connections: 1, concurrency: 1))
        // One that breaks is no reason: its row says so.
        guard counts.uncompressed > 0 else { return }
        rows.removeAll { $0.lifecycle.isCompressed }
        notes.append("driven without compression only: \(counts.firstProblem ?? "no reason known")")
    }

    /// Learns what can be read of the target beside its processes. What the user asked for by name must be readable.
    private func chooseProbes(_ target: Target) async throws {
        probes = await target.probes.sources
        let lagging = Set(probes.filter { $0.mayLag ?? false }.map(\.resource))
        for row in rows {
            row.resources = Resource.ofEveryTarget + probes.map(\.resource)
            row.lagging = lagging
        }
        for (resource, problem) in await target.probes.failures {
            guard resource == .liveHeap, plan.heap.contains(.automatic) else { throw CheckFailure.invalid(problem) }
            notes.append("the live heap is not read: \(problem)")
        }
    }

    private func measureAll() async throws {
        let slice = measuringSlice
        // Rows that turn out not to apply are removed meanwhile.
        let planned = rows
        for (index, row) in planned.enumerated() {
            // Starting a process for a row that cannot be driven would only overrun the budget.
            guard remaining > .zero else { return }
            let target = try await target(of: row)
            if index + 1 < planned.count { startAhead(planned[index + 1]) }
            try target.noteServers()
            try await sendHostilePeers(before: row, target)
            try await measure(row, for: slice, atMost: remaining)
            // In a shared process a row's pause must be everybody's: another's leak would hide what is given back.
            if sharedTarget != nil && row.state == .suspect { try await restAndConfirm(row) }
        }
    }

    /// Has the target meet a few of all the other lifecycles' peers, where the row is about what they leave broken.
    private func sendHostilePeers(before row: RowRun, _ target: Target) async throws {
        guard row.lifecycle == .cleanCloseAfterHostile else { return }
        var script = script(for: target)
        script.stepLimit = .seconds(1)
        // Whichever rows were chosen: the command that reproduces this row drives it alone.
        for other in Lifecycle.standard where other != row.lifecycle {
            let load = PeerDriver.Load(connections: 8, concurrency: 8, limit: .seconds(1))
            _ = await driver.drive(other, script, load)
            try Task.checkCancellation()
        }
    }

    private func restAndConfirm(_ row: RowRun) async throws {
        while remaining > .zero, !hasRested(row) { try await watch(row) }
        if hasRested(row) { try await confirm(row, for: confirmSlice(1)) }
    }

    /// Spends the rest of the budget where the doubt is.
    private func decideAll() async throws {
        let slice = measuringSlice
        while remaining > .milliseconds(300) {
            let suspects = rows.filter { $0.state == .suspect }
            if let rested = suspects.first(where: hasRested) {
                try await confirm(rested, for: confirmSlice(suspects.count))
                continue
            }
            let open = rows.filter { $0.state == .measuring && $0.mayBeDriven }
            if let doubtful = open.min(by: { $0.measured < $1.measured }), remaining - timeToConfirm > .seconds(1) {
                try await measure(doubtful, for: slice, atMost: remaining - timeToConfirm)
                if sharedTarget != nil && doubtful.state == .suspect { try await restAndConfirm(doubtful) }
                continue
            }
            guard let next = suspects.min(by: { $0.idleSince < $1.idleSince }) else { return }
            try await watch(next)
        }
    }

    /// How long a suspect rests: as chosen, or else at least so long that common timers have run, and on while nothing else
    /// needs the time.
    static func pause(for budget: Duration, chosen: Duration? = nil) -> ClosedRange<Duration> {
        if let chosen { return chosen...chosen }
        let least = min(longestPause, max(shortestPause, budget / 3))
        return least...max(least, min(longestPause, budget * CheckPlan.largestPauseShare))
    }

    /// Whether a suspect's pause is over: it was long enough, or there is nothing left to wait for.
    ///
    /// In a shared process the pause of one row keeps the others waiting.
    private func hasRested(_ row: RowRun) -> Bool {
        let pause = Self.pause(for: plan.budget, chosen: plan.pause)
        let rested = row.idleSince.elapsed
        if row.hasReleased || rested >= pause.upperBound { return true }
        let needed = max(timeToConfirm, plan.budget * Self.confirmingShare)
        return rested >= pause.lowerBound && (sharedTarget != nil || remaining <= needed)
    }

    /// What it takes to drive all suspects again, each block with a reading of its probes.
    private var timeToConfirm: Duration {
        rows.filter { $0.state == .suspect }.reduce(.zero) {
            $0 + Self.longestConfirmation + $1.probeCost * Self.leastConfirmingBlocks
        }
    }

    private func confirmSlice(_ suspects: Int) -> Duration {
        min(Self.longestConfirmation, max(.milliseconds(500), remaining / (suspects + 1)))
    }

    /// Whether the target's memory grows until a collection.
    var isLazy: Bool { runtime?.runtime.collectsLazily ?? false }

    /// How long each row is measured at first; some may have turned out not to apply, even all.
    private var measuringSlice: Duration { plan.budget * (Self.measuringShare / Double(max(1, rows.count))) }

    var remaining: Duration { plan.budget - start.elapsed }

    // MARK: One row

    /// Drives a row for `slice`, or as long as its probes need, at most `limit`.
    private func measure(_ row: RowRun, for slice: Duration, atMost limit: Duration) async throws {
        let target = try await target(of: row)
        driven = row
        // Where a reading takes long, it must leave time for the connections between two of them.
        let slice = min(max(slice, await target.probes.cost * Self.readingsOfSlice), limit)
        if row.samples.isEmpty {
            row.statesAtStart = try target.tcpStates()
        }
        // Also when the row is taken up again: what happened meanwhile is not its connections' doing.
        let phase: CheckResult.Sample.Phase = row.isResumed ? .confirm : .measure
        try await sample(row, target, phase)
        // The slice is for connections: the first reading takes a second where the kernel's tables of sockets are long.
        let began = MonotonicTime.now
        while remaining > .zero, began.elapsed < slice {
            guard try await block(row, target, phase) else { break }
            guard row.completed >= RowJudge.leastConnections else { continue }
            let opinions = row.opinions(isLazy: isLazy)
            if row.isSettled(opinions, isLazy: isLazy) {
                row.state = .decided
                break
            }
            if row.isResumed { continue }
            row.exactSuspicions = RowJudge.isExactSuspicion(opinions) ? row.exactSuspicions + 1 : 0
            row.suspicions = opinions.values.contains(.suspect) ? row.suspicions + 1 : 0
            if row.exactSuspicions >= Self.standingSuspicion { break }
            // A collection that is still to come would be the better answer to memory that grows.
            let mayWait = isLazy && opinions[.privateMemory] == .suspect
            let hasSeenEnough = row.measured + began.elapsed >= Self.longestSuspicion(plan.budget)
            if row.suspicions >= Self.standingSuspicion && hasSeenEnough && !mayWait { break }
        }
        row.measured += began.elapsed
        row.idleSince = .now
        if row.state == .measuring && !row.isResumed {
            let opinions = row.opinions(isLazy: isLazy)
            let hasEnough = row.completed >= RowJudge.leastConnections || row.obstacle != nil
            if opinions.values.contains(.suspect) && hasEnough {
                row.state = .suspect
                row.pauseIndex = row.samples.count - 1
            }
        }
        if row.state == .measuring || row.state == .decided { try await requireAnswer(row, target) }
        record(.row(CheckRecord.RowFacts(row)))
        switch row.state {
        case .measuring, .suspect: break
        case .decided: await retire(row)
        case .inapplicable:
            await retire(row)
            rows.removeAll { $0 === row }
            notes.append("\(row.lifecycle.label) was not driven: the target accepts what was to be refused")
        }
    }

    /// Watches a suspect do nothing for a moment, and notes what it gives back.
    private func watch(_ row: RowRun) async throws {
        guard let target = row.target ?? sharedTarget else { return }
        driven = row
        try await Task.sleep(for: .milliseconds(200))
        let reading = try target.reading()
        tell(row, .pause, reading)
        row.noteReleases(at: CheckResult.Sample(row, reading, .pause, seconds: start.elapsed.inSeconds), isLazy: isLazy)
    }

    /// Drives a suspect again after its pause.
    private func confirm(_ row: RowRun, for slice: Duration) async throws {
        let target = try await target(of: row)
        driven = row
        let began = MonotonicTime.now
        try await sample(row, target, .pause)
        let suspects = row.suspects(isLazy: isLazy)
        let isReleased = row.noteReleasesInTheEnd(of: suspects)
        if isReleased {
            // What stood in the way is gone with it.
            row.obstacle = nil
        } else {
            let resumedAt = row.completed
            // As many again as were judged, or what the slice allows.
            let wanted = max(RowJudge.leastConnections, resumedAt / 2)
            var blocks = 0
            while remaining > .zero, blocks < Self.leastConfirmingBlocks || row.completed - resumedAt < wanted,
                blocks < Self.leastConfirmingBlocks || began.elapsed < slice
            {
                guard try await block(row, target, .confirm, atMost: max(20, wanted / Self.leastConfirmingBlocks))
                else { break }
                blocks += 1
            }
        }
        row.statesAtEnd = try target.tcpStates()
        row.idleSince = .now
        // What no longer grew needs time to become the smaller part of what is judged.
        let opinions = row.opinions(isLazy: isLazy)
        let isClear = isReleased && opinions.values.allSatisfy { $0.isClean(tightly: false) }
        let mayClear = !isClear && !row.isSettled(opinions, isLazy: isLazy) && row.mayBeDriven
        row.state = mayClear ? .measuring : .decided
        if row.state == .decided { try await requireAnswer(row, target) }
        record(.row(CheckRecord.RowFacts(row)))
        if row.state == .decided { await retire(row) }
    }
}
