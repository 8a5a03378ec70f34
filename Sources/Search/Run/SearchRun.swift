import LeakCheck
import LeakStatistics
import Lifecycles
import Logging
import Remedies
import SystemCalls
import Targets

/// Carries a search out: does what the schedule says, and tells it what came of it.
final class SearchRun {
    let plan: SearchPlan
    let driver: PeerDriver
    let logger: Logger
    let event: @Sendable (SearchEvent) -> Void
    let report: @Sendable (SearchProgress) -> Void
    let start = MonotonicTime.now
    var schedule: SearchSchedule
    var result: SearchResult
    /// The process that goes on; nil where a new one is needed.
    var target: Target?
    /// Processes that were asked to end.
    private var retired: [Target] = []
    /// Starts ahead of the moment in which a process is needed.
    private var upcoming: Task<Target, any Error>?
    /// How long as many polite connections as are played together took.
    var pace = Duration.zero
    /// Whether the target answers messages, and completes a polite connection.
    var (expectsReply, isPolite) = (true, true)
    /// Whether it uses a processor from the start on.
    var spinsFromStart = false
    /// Rounds in a row after which it did not come to rest, and whether it never does.
    var restlessRounds = 0
    var isRestless: Bool { restlessRounds >= 4 }
    /// Chooses the order of scripts in a round.
    var generator: SeededGenerator
    /// What the time went into.
    var time = SearchTime()
    /// What the process that goes on had used of a processor when it was first seen.
    var processorBefore = Duration.zero
    /// How much of its descriptors it had open when it was read last.
    var descriptorsUsed = 0.0
    private var kept = 0
    private var found = 0

    init(
        _ plan: SearchPlan, driver: PeerDriver, logger: Logger, progress: @escaping @Sendable (SearchProgress) -> Void,
        event: @escaping @Sendable (SearchEvent) -> Void
    ) {
        self.plan = plan
        self.driver = driver
        self.logger = logger
        report = progress
        self.event = event
        generator = SeededGenerator(seed: plan.check.seed &+ 1)
        result = SearchResult(seed: plan.check.seed, budgetSeconds: plan.budget.inSeconds)
        schedule = Self.schedule(plan, expectsReply: true, connections: 8, start: start)
    }

    private static func schedule(
        _ plan: SearchPlan, expectsReply: Bool, connections: Int, start: MonotonicTime
    ) -> SearchSchedule {
        var settings = SearchSchedule.Settings(start: start, budget: plan.budget, overrun: plan.overrun)
        settings.mostFindings = plan.mostFindings
        settings.connections = connections
        // A catalogue's script that leaves its stay to the check stays for a moment.
        let catalogue = plan.check.lifecycles.filter { !$0.expectsRefusal || $0.steps.first != .sendRequest }
        return SearchSchedule(
            settings, grammar: Grammar(plan.dictionary, expectsReply: expectsReply),
            seeds: plan.corpus + catalogue.map { SearchScript($0.steps) }, seed: plan.check.seed)
    }

    func run() async throws -> SearchResult {
        try await prepare()
        event(.began(target: result.target, runtime: result.runtime, seed: plan.check.seed))
        do {
            try await carryOut()
        } catch is CancellationError {
            result.interruption = .interrupted
        } catch let failure as TargetFailure {
            result.interruption = .targetLost(failure.problem)
        } catch let lost as TargetLost {
            result.interruption = .targetLost(lost.problem)
        } catch let failure as SystemCallError {
            result.interruption = .targetLost("the search cannot go on: \(failure)")
        }
        result.findings = schedule.findings
        result.counts = schedule.counts
        result.signatures = schedule.signatures
        result.kept = schedule.kept
        result.keptSeconds = schedule.patience.inSeconds
        result.unfollowed = schedule.suspicion
        noteProcessor()
        result.time = time
        result.durationSeconds = start.elapsed.inSeconds
        event(.ended(result))
        return result
    }

    private func prepare() async throws {
        let target = try await started()
        goOn(with: target)
        let name =
            switch plan.check.subject {
            case .command(let words): words.joined(separator: " ")
            case .running, .group: "\(target.url), process \(target.pids.map(String.init).joined(separator: ", "))"
            }
        result.target = name
        result.runtime = "\(target.runtime)"
        for (_, problem) in await target.probes.failures {
            result.notes.append("the live heap is not read: \(problem)")
        }
        result.notes += await target.probes.remarks
        let sources = await target.probes.sources
        result.resources = (Resource.ofEveryTarget + sources.map(\.resource)).map(\.rawValue)
        try await meet(target)
        let hasExactHeap = sources.contains { $0.resource == .liveHeap && !($0.mayLag ?? false) }
        schedule = Self.schedule(
            plan, expectsReply: expectsReply, connections: hasExactHeap ? 8 : 32, start: start)
        schedule.rule.hasExactHeap = hasExactHeap
        spinsFromStart = try await processorShare(target) >= Self.spinningShare
        if spinsFromStart { result.notes.append("it uses a processor before anybody asks it for anything") }
    }

    private func carryOut() async throws {
        while true {
            try Task.checkCancellation()
            let step = schedule.next(at: .now)
            let began = MonotonicTime.now
            switch step {
            case .screen(let screen): try await self.screen(screen)
            case .drive(let trial):
                let measured = try await drive(trial)
                schedule.didDrive(trial, measured)
                tell(trial, measured)
            case .confirm(let suspect):
                try await confirm(suspect)
                time[.confirming] += began.elapsed
            case .done: return
            }
            if target == nil { schedule.didLoseProcess() }
            if schedule.suspicion == nil, !step.isConfirmation { result.searchingSeconds += began.elapsed.inSeconds }
            tellFindings()
            tellProgress()
        }
    }

    // MARK: Processes

    /// A process for a trial: the one that goes on, or a new one.
    func process(isFresh: Bool) async throws -> Target {
        if isFresh, !plan.check.usesOneProcess { await retire() }
        if let target { return target }
        let began = MonotonicTime.now
        defer { time[.starting] += began.elapsed }
        let target: Target
        if let upcoming = upcoming.take() {
            target = try await withTaskCancellationHandler {
                try await upcoming.value
            } onCancel: {
                upcoming.cancel()
            }
        } else {
            target = try await started()
        }
        goOn(with: target)
        return target
    }

    private func started() async throws -> Target { try await Self.started(plan.check) }

    private static func started(_ plan: CheckPlan) async throws -> Target {
        let target = try await Target.forPlan(plan)
        await target.openProbes(plan.heap)
        try target.noteServers()
        return target
    }

    /// Starts the next process while this one is used; where processes are known to be needed soon.
    func startAhead() {
        guard !plan.check.usesOneProcess, upcoming == nil else { return }
        upcoming = Self.starting(plan.check)
    }

    private static func starting(_ plan: CheckPlan) -> Task<Target, any Error> { Task { try await started(plan) } }

    /// Has the process that goes on ended, so that the next trial gets another.
    func retire() async {
        noteProcessor()
        guard let target = target.take() else { return }
        await target.probes.close()
        await target.allocators.close()
        // A command that always takes the same port must have ended before it is started again.
        if plan.check.usesOneProcess { return target.end() }
        target.terminate()
        retired.append(target)
        // What was asked to end long ago has ended.
        if retired.count > 4 { retired.removeFirst().end() }
    }

    /// Ends every process that was started.
    func end() async {
        if let upcoming = upcoming.take() {
            upcoming.cancel()
            if case .success(let target) = await upcoming.result {
                await target.probes.close()
                retired.append(target)
            }
        }
        await retire()
        for target in retired { target.terminate() }
        for target in retired { target.end() }
        retired = []
    }

    // MARK: Telling

    private func tell(_ trial: Trial, _ measured: TrialResult) {
        let shown = schedule.rule.symptom(trial, measured)
        logger.debug(
            "\(trial.scripts.count) scripts after \(trial.predecessors.count), \(trial.isFresh ? "fresh" : "going on"): \(shown.map { "\($0.symptom) \($0.amount)" } ?? "nothing") \(measured.levels.words)"
        )
        event(.tried(scripts: trial.scripts.count, symptom: shown?.symptom, amount: shown?.amount ?? 0))
    }

    private func tellFindings() {
        for script in schedule.kept[kept...] { event(.kept(script)) }
        kept = schedule.kept.count
        for finding in schedule.findings[found...] {
            found += 1
            event(.found(finding, number: found))
        }
    }

    func tellProgress(isConfirming: Bool = false) {
        report(
            SearchProgress(
                seconds: start.elapsed.inSeconds, counts: schedule.counts, signatures: schedule.signatures,
                findings: schedule.findings.count, suspicion: schedule.suspicion, isConfirming: isConfirming))
    }
}

extension SearchSchedule.Step {
    fileprivate var isConfirmation: Bool { if case .confirm = self { true } else { false } }
}

extension [[Resource: Double]] {
    /// Levels, for a log.
    var words: String {
        let names = Set(flatMap(\.keys)).map(\.rawValue).sorted()
        return names.map { name in
            "\(name) " + map { $0[Resource(rawValue: name)].map { "\(Int($0))" } ?? "-" }.joined(separator: ",")
        }.joined(separator: " ")
    }
}
