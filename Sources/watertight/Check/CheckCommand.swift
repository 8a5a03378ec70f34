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
            """,
        discussion: """
            Without arguments it starts its own server and checks that. With -- COMMAND it starts the command, with \
            {port} in it and in the URL replaced by a free port (also in the environment variable PORT), and ends it and its children \
            afterwards. With a URL alone it checks the server that listens there; --pid names its processes where they \
            cannot be found by the port.

              watertight check -- node server.js --port {port}
              watertight check ws://127.0.0.1:8080/chat
              watertight check ws://127.0.0.1:8080/chat --pid 4711 --lifecycle fin --budget 120

            The report is printed as text; each option of Reports writes it to a file as well, - being stdout in place of \
            the text. Inside GitHub Actions, leaks and doubts become annotations, and the job's summary gets the Markdown.

            Exit codes: 0 clean, 1 leak, 2 inconclusive, 64 wrong arguments, 69 target unreachable or died, \
            70 internal error, 130 interrupted.

            watertight lifecycles lists what is driven. In the path, the query, fields and the first message {n} stands \
            for the connection's number and {lifecycle} for the lifecycle, for many users or rooms.
            """)

    static let defaultConcurrency = 16
    static let defaultStartLimit = DurationArgument(.seconds(30))

    @Option(
        name: .customLong("pid"),
        help: "Process to read, with its descendants; repeatable. Default: whoever listens on the URL's port.")
    var pids: [Int32] = []
    @Option(help: ControlGroupArgument.help, transform: ControlGroupArgument.named)
    var cgroup: ControlGroupArgument?
    @Option(
        help: ArgumentHelp(
            "How thorough: quick (eight lifecycles, 60 s), default (all, 5 min), soak (all, compressed too, 1 h).",
            discussion: "A check ends before its budget when nothing is in doubt."))
    var profile = CheckPlan.Profile.default
    @Option(
        name: .customLong("lifecycle"),
        help: "Lifecycle to drive, one variant or all of a family; repeatable. Default: those of the profile.",
        transform: Self.lifecycle)
    var lifecycles: [[Lifecycle]] = []
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
    @Option(help: "Connections at a time.")
    var concurrency = Self.defaultConcurrency
    @Option(help: "Seed of the sizes of blocks, to repeat a check. Default: drawn anew.")
    var seed: UInt64?
    @Option(name: .customLong("header"), help: "Field to add to each request, \"Name: value\"; repeatable.")
    var headers: [FieldArgument] = []
    @Option(help: "Path to ask for in place of the URL's, a template.")
    var path: String?
    @Option(name: .customLong("query"), help: "Query item to add, \"name=value\", a template; repeatable.")
    var queries: [String] = []
    @Option(help: "Text message to send first after every upgrade, to join or subscribe, a template.")
    var firstMessage: String?
    @Option(
        help: ArgumentHelp(
            "Text message that makes the server close, for close-unanswered and server-close.",
            discussion: "Without it they send a frame that every server must refuse."))
    var closingMessage: String?
    @Option(name: .customLong("subprotocol"), help: "Subprotocol to offer; repeatable.")
    var subprotocols: [String] = []
    @Option(help: "Origin to send.")
    var origin: String?
    @Option(help: "Time for a command to accept connections.")
    var startLimit = Self.defaultStartLimit
    @Option(
        help: ArgumentHelp(
            "Read the live heap, or a gauge of the user's, after a collection; repeatable. Default: auto.",
            discussion: """
                auto, none, node (also Deno), jvm, go (its /debug/pprof/heap), glibc (through gdb), command:CMD[#NAME], \
                url:http://HOST:PORT/PATH[#NAME]. A NAME chooses a value, or names a number that is printed alone; one without \
                "bytes" in it is a count of its own, such as open sessions. {port} is the command's port.
                """, valueName: "probe"),
        transform: Self.heapTemplate)
    var heap: [HeapTemplate] = []
    @Option(
        help: ArgumentHelp(
            "Write what is measured as JSON Lines while it is measured, for watertight report and analyze.",
            valueName: "file"))
    var record: String?
    @OptionGroup(title: "Reports")
    var reports: ReportOptions
    @OptionGroup(title: "Known leaks")
    var known: KnownLeakOptions
    @OptionGroup(title: "Environment")
    var environment: EnvironmentOptions
    @OptionGroup(title: "Logging")
    var logging: LogOptions
    @Argument(help: "ws://HOST:PORT/PATH; for a command the default is ws://127.0.0.1:{port}/.")
    var url: String?
    @Argument(parsing: .postTerminator, help: "Command to start and check, after --.")
    var command: [String] = []

    private static func lifecycle(_ name: String) throws -> [Lifecycle] {
        let found = Lifecycle.named(name)
        guard found.isEmpty else { return found }
        if name.hasSuffix("+deflate") {
            let plain = name.dropLast(8)
            throw ValidationError(
                "\"\(name)\" is \(plain) with compression: give --lifecycle \(plain) --compression on")
        }
        throw ValidationError(
            "there is no lifecycle \"\(name)\"; the known ones are \(Lifecycle.all.map(\.name).joined(separator: ", "))"
        )
    }

    private static func heapTemplate(_ text: String) throws -> HeapTemplate {
        do {
            return try HeapTemplate(text)
        } catch {
            throw ValidationError("--heap: \(error)")
        }
    }

    func validate() throws {
        if heap.count > 1 && heap.contains(where: { $0.text == "none" }) {
            throw ValidationError("--heap none stands alone")
        }
        if command.isEmpty && url != nil && heap.contains(where: \.namesPort) {
            throw ValidationError("{port} in --heap needs a command to start, after --")
        }
        if Set(heap.map(\.gauge)).count < heap.count {
            throw ValidationError("two of --heap read the same: give the value of one another #NAME, or leave one out")
        }
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
        if !pids.isEmpty && url == nil { throw ValidationError("--pid needs the URL of the server as well") }
        if !pids.isEmpty && !command.isEmpty {
            throw ValidationError("--pid names a server that runs, -- COMMAND one to start: give one of them")
        }
        if cgroup != nil && (url == nil || !pids.isEmpty || !command.isEmpty) {
            throw ValidationError(
                "--cgroup needs the URL of a server that runs there, and neither --pid nor -- COMMAND")
        }
        if let url, command.isEmpty && url.contains("{port}") {
            throw ValidationError("{port} in the URL needs a command to start, after --")
        }
        do {
            let target = try requestTarget(of: WebSocketURL((url ?? Self.ownURL).replacing("{port}", with: "1")))
            // The peers' request is made once here, so that a field that cannot be sent is refused before anything runs.
            _ = try ClientHandshake(
                host: "localhost", target: target, fields: headers.fields, subprotocols: subprotocols, origin: origin)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// What a check needs beside a pause, at the least.
    private static let leastTimeBesidePause = Duration.seconds(3)

    private static let ownURL = "ws://127.0.0.1:{port}/"

    /// Time for the whole check.
    var timeLimit: Duration { budget?.duration ?? profile.budget }

    /// The path and query that the peers ask for.
    private func requestTarget(of url: WebSocketURL) -> String {
        var target = url.target
        if let path {
            let query = target.firstIndex(of: "?").map { target[$0...] } ?? ""
            target = (path.hasPrefix("/") ? path : "/" + path) + query
        }
        for query in queries { target += (target.contains("?") ? "&" : "?") + query }
        return target
    }

    func run() async throws {
        let environment = try environment.resolved()
        let knownLeaks = try known.entries()
        let files = try reports.opened()
        let knownLeaksFile = try known.opened()
        let record = try openedRecord()
        DescriptorLimit.raise()
        var plan = CheckPlan(subject: try subject, url: url ?? Self.ownURL, seed: seed ?? drawnSeed())
        plan.lifecycles = lifecycles.isEmpty ? profile.lifecycles : lifecycles.flatMap { $0 }
        plan.compression = compression ?? profile.compression
        plan.budget = timeLimit
        plan.isBudgetFixed = budget != nil
        plan.pause = pause?.duration
        plan.hold = hold?.duration
        if path != nil || !queries.isEmpty {
            plan.target = requestTarget(of: try WebSocketURL(plan.url.replacing("{port}", with: "1")))
        }
        plan.firstMessage = firstMessage
        plan.closingMessage = closingMessage
        plan.concurrency = concurrency
        plan.fields = headers.fields
        plan.subprotocols = subprotocols
        plan.origin = origin
        plan.startLimit = startLimit.duration
        if !heap.isEmpty { plan.heap = heap }
        plan.environment = "\(environment.environment.rawValue) (\(environment.reason))"
        plan.knownLeaks = knownLeaks
        plan.memoryGrowthThresholdBytes = environment.limits.memoryGrowthThresholdBytes
        let check = LeakCheck(plan, logger: logging.logger("watertight.check"), progress: progress) {
            [self, seed = plan.seed] entry in
            record?.write(withReproducers(entry, seed: seed))
        }

        let task = Task { try await check.run() }
        try TerminationSignals.forEach(
            first: { _ in task.cancel() },
            again: { _ in
                LeakCheck.killAll()
                _exit(Code.interrupted.rawValue)
            })
        var result: CheckResult
        do {
            result = try await task.value
        } catch let failure as TargetFailure {
            eraseProgress()
            StandardError.print("watertight: \(failure)")
            if case .invalid = failure { throw Code.usage }
            throw Code.unreachable
        } catch is CancellationError {
            eraseProgress()
            StandardError.print("watertight: interrupted before anything was measured")
            throw Code.interrupted
        } catch let failure as SystemCallError {
            eraseProgress()
            StandardError.print("watertight: cannot begin: \(failure)")
            throw Code.internalError
        } catch {
            eraseProgress()
            StandardError.print("watertight: internal error: \(error)")
            throw Code.internalError
        }
        eraseProgress()
        for index in result.rows.indices {
            result.rows[index].reproducer = reproducer(of: result.rows[index].lifecycle, seed: plan.seed)
        }
        Advice(budgetSeconds: plan.budget.inSeconds).add(to: &result)
        try files.write(result, announcing: true)
        if let knownLeaksFile { try KnownLeakOptions.write(result, keeping: knownLeaks, to: knownLeaksFile) }
        if let failure = record?.failure {
            StandardError.print("watertight: the record is incomplete: \(failure)")
            throw Code.internalError
        }
        if let code = Code.of(result) { throw code }
    }

    private var subject: CheckPlan.Subject {
        get throws {
            if !command.isEmpty { return .command(command) }
            if let cgroup { return .group(cgroup.group) }
            if url != nil { return .running(pids: pids) }
            return .command([try ownExecutable(), "serve", "--port", "{port}"])
        }
    }

    private func ownExecutable() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        guard count > 0 else {
            StandardError.print("watertight: cannot find its own executable: is /proc mounted?")
            throw Code.internalError
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    private func drawnSeed() -> UInt64 {
        // Six digits are enough to tell runs apart, and short enough to type.
        UInt64.random(in: 1...999_999)
    }

    // MARK: Terminal

    private var progress: @Sendable (LeakCheck.Progress) -> Void {
        guard StandardError.takesEscapes else { return { _ in } }
        let seconds = timeLimit.inSeconds
        let line = Locked(ProgressLine())
        return { progress in
            StandardError.write(
                line.withLock { $0.render(progress, budgetSeconds: seconds, columns: StandardError.columns) })
        }
    }

    private func eraseProgress() {
        if StandardError.takesEscapes { StandardError.write(ProgressLine.erasure) }
    }
}
