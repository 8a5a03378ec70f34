import ArgumentParser
import CLinux
import Environments
import Glibc
import HeapProbes
import LeakCheck
import LeakReports
import Lifecycles
import Logging
import SystemCalls
import Targets
import WebSocketProtocol

/// `watertight check`: the main job.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Drive a server through its connections' lifecycles and say which one leaks.",
        usage: """
            watertight check [options]
            watertight check [options] [URL] -- COMMAND ...
            watertight check [options] URL [--pid PID] ...
            watertight check [options] URL --cgroup PATH | ID
            watertight check [options] NAME
            """,
        discussion: """
            Without arguments it starts its own server and checks that. With -- COMMAND it starts the command, with \
            {port} in it and in the URL replaced by a free port (also in the environment variable PORT), and ends it and its children \
            afterwards. With a URL alone it checks the server that listens there; --pid names its processes where they \
            cannot be found by the port.

              watertight check -- node server.js --port {port}
              watertight check ws://127.0.0.1:8080/chat
              watertight check ws://127.0.0.1:8080/chat --pid 4711 --lifecycle fin --budget 120

            NAME is a target of the file watertight.yml, whose keys are these options' names; watertight init writes one. \
            An option is stronger than its environment variable (WATERTIGHT_BUDGET for --budget), and that than the file.

            Over wss:// the server's certificate is verified, on loopback only where --cacert is given.

            The report is printed as text; each option of Reports writes it to a file as well, - being stdout in place of \
            the text. Inside GitHub Actions, leaks and doubts become annotations, and the job's summary gets the Markdown.

            Exit codes: 0 clean, 1 leak, 2 inconclusive, 64 wrong arguments, 69 target unreachable or died, \
            70 internal error, 130 interrupted.

            watertight lifecycles lists what is driven. In the path, the query, fields and messages {n} stands \
            for the connection's number, {lifecycle} for the lifecycle, {path} for the path and {line} for a line of \
            --values, for many users or rooms.
            """)

    static let defaultConcurrency = 16

    @OptionGroup(title: "Target")
    var target: CheckedTarget
    @Option(
        help: ArgumentHelp(
            "How thorough: quick (eight lifecycles, 11 over TLS; 60 s), default (all, 5 min), soak (all, compressed too, 1 h).",
            discussion: "A check ends before its budget when nothing is in doubt."))
    var profile = CheckPlan.Profile.default
    @Option(
        help: ArgumentHelp(
            "Drive the lifecycles without permessage-deflate (off), with it (on), or both. Default: the profile's.",
            discussion: "With both, a target that does not agree to it is driven without only."))
    var compression: CheckPlan.Compression?
    @Option(help: "Time for the whole check: a number of seconds, or 90s, 5m. Default: the profile's.")
    var budget: DurationArgument?
    @Option(
        help: ArgumentHelp(
            "How long a suspect is left alone before it is called a leak. Default: 75s, more for some paths and subprotocols.",
            discussion: """
                Longer than the server keeps anything of a connection that has ended, such as a session to resume. A profile's \
                budget is overrun for it; a --budget is not.
                """))
    var pause: DurationArgument?
    @Option(
        help: ArgumentHelp(
            "How long peers stay in lifecycles that are about peers that stay. Default: what the server's heartbeat needs.",
            discussion: "Without a heartbeat that is seen, or room for it in the budget, 50 ms."))
    var hold: DurationArgument?
    @Option(
        help: ArgumentHelp(
            "Look for the causes of a leak: auto (of a command), always (also of a server that runs), never.",
            discussion: """
                Once a row leaks, a fresh process takes its connections again, while an agent, the inspector or a page of the \
                runtime says what holds what is left. It takes 10 to 30 s a row beyond the budget and never changes a verdict.
                """))
    var explain = CheckPlan.Explain.automatic
    @Option(help: "Connections at a time.")
    var concurrency = Self.defaultConcurrency
    @Option(help: "Seed of the sizes of blocks, to repeat a check. Default: drawn anew.")
    var seed: UInt64?
    @OptionGroup(title: "Lifecycles")
    var rows: LifecycleOptions
    @OptionGroup(title: "Peers")
    var peers: PeerArguments
    @Option(
        help: ArgumentHelp(
            "Write what is measured as JSON Lines while it is measured, for watertight report and analyze.",
            valueName: "file"))
    var record: String?
    @OptionGroup(title: "Reports")
    var reports: ReportOptions
    @OptionGroup(title: "Live")
    var live: LiveOption
    @OptionGroup(title: "Known leaks")
    var known: KnownLeakOptions
    @OptionGroup(title: "Environment")
    var environment: EnvironmentOptions
    @Flag(help: "Print each option that holds with its origin, and run nothing.")
    var printConfig = false
    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func validate() throws {
        if let budget, budget.duration < .seconds(5) { throw ValidationError("--budget must be at least 5 seconds") }
        if let pause, pause.duration < .seconds(1) { throw ValidationError("--pause must be at least a second") }
        if let pause, let budget, pause.duration + Self.leastTimeBesidePause > budget.duration {
            throw ValidationError(
                "--budget must be longer than --pause, by \(DurationText.format(Self.leastTimeBesidePause)) at least, for the "
                    + "connections before and after it")
        }
        if let record, record.isEmpty || record == "-" {
            throw ValidationError("--record writes to a file: give its name")
        }
        try reports.requireOther(than: record, of: "--record")
        try reports.requireOther(than: known.writeKnownLeaks, of: "--write-known-leaks")
        if !(1...10_000).contains(concurrency) { throw ValidationError("--concurrency must be between 1 and 10000") }
        // The peers' request is made once here, so that a field that cannot be sent is refused before anything runs.
        do {
            try peers.validate(at: representativeURL)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// What a check needs beside a pause, at the least.
    private static let leastTimeBesidePause = Duration.seconds(3)

    /// The URL with some port where a command is yet to be given one.
    private var representativeURL: WebSocketURL {
        get throws { try WebSocketURL(target.urlTemplate.replacing("{port}", with: "1")) }
    }

    /// Time for the whole check.
    var timeLimit: Duration { budget?.duration ?? profile.budget }

    /// What the options ask for, in `environment`.
    /// `lines` is what `{line}` stands for.
    func plan(in environment: ResolvedEnvironment, lines: [String] = []) throws -> CheckPlan {
        var plan = CheckPlan(subject: try target.subject, url: target.urlTemplate, seed: seed ?? Self.drawnSeed())
        plan.lifecycles = try rows.chosen(profile, at: representativeURL)
        plan.shard = rows.shard
        plan.compression = compression ?? profile.compression
        plan.budget = timeLimit
        plan.isBudgetFixed = budget != nil
        plan.pause = pause?.duration
        plan.hold = hold?.duration
        plan.peers = try peers.options(at: representativeURL)
        plan.peers.values = lines
        try plan.peers.requireValues(for: plan.lifecycles)
        plan.concurrency = concurrency
        plan.explain = explain
        plan.readsSockets = live.port != nil
        plan.startLimit = target.startLimit.duration
        if !target.heap.isEmpty { plan.heap = target.heap }
        plan.environment = "\(environment.environment.rawValue) (\(environment.reason))"
        plan.memoryGrowthThresholdBytes = environment.limits.memoryGrowthThresholdBytes
        return plan
    }

    private static func drawnSeed() -> UInt64 {
        // Six digits are enough to tell runs apart, and short enough to type.
        UInt64.random(in: 1...999_999)
    }

    func run() async throws {
        let environment = try environment.resolved()
        // Before any file is opened for writing: a mistake in a script is found here.
        var plan = try plan(in: environment, lines: try await peers.lines.read())
        let knownLeaks = try known.entries(of: plan.lifecycles)
        let files = try reports.opened()
        let knownLeaksFile = try known.opened()
        let record = try openedRecord()
        DescriptorLimit.raise()
        plan.knownLeaks = knownLeaks
        let page = try await live.port.asyncMap {
            try await LiveServer.start(LiveCheck(budgetSeconds: timeLimit.inSeconds, knownLeaks: knownLeaks), on: $0)
        }
        let outcome = await Result.of { try await measured(plan, record, page) }
        if case .success(let result) = outcome { page?.update { $0.end(with: result) } }
        await page?.end()
        let result = try outcome.get()
        try files.write(result, announcing: true)
        if let knownLeaksFile { try KnownLeakOptions.write(result, keeping: knownLeaks, to: knownLeaksFile) }
        try record?.requireWhole()
        if let code = Code.of(result) { throw code }
    }

    /// The result, with a command for each row and advice on what is in doubt.
    private func measured(
        _ plan: CheckPlan, _ record: RecordFile?, _ page: LiveServer<LiveCheck>?
    ) async throws -> CheckResult {
        let line = progress
        let check = LeakCheck(plan, logger: logging.logger("watertight.check")) { progress in
            line(progress)
            page?.update { $0.add(progress) }
        } record: { [self, seed = plan.seed] entry in
            let entry = withReproducers(entry, seed: seed)
            record?.write(entry)
            page?.update { $0.add(entry) }
        }
        defer { eraseProgress() }
        var result = try await Interruption(atOnce: LeakCheck.killAll).value { try await check.run() }
        for index in result.rows.indices {
            result.rows[index].reproducer = reproducer(of: result.rows[index].lifecycle, seed: plan.seed)
        }
        Advice(budgetSeconds: plan.budget.inSeconds).add(to: &result)
        return result
    }

    // MARK: Terminal

    private var progress: @Sendable (LeakCheck.Progress) -> Void {
        guard StandardError.takesEscapes else { return { _ in } }
        let seconds = timeLimit.inSeconds
        let line = Locked(ProgressLine())
        return { progress in
            StandardError.write(
                (ProgressLine.finished(progress, usesColour: StandardError.wantsColour) ?? "")
                    + line.withLock { $0.render(progress, budgetSeconds: seconds, columns: StandardError.columns) })
        }
    }

    private func eraseProgress() {
        if StandardError.takesEscapes { StandardError.write(ProgressLine.erasure) }
    }
}
