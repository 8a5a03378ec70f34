import ArgumentParser
import Environments
import LeakCheck
import LeakReports
import Lifecycles
import Search
import SystemCalls
import Targets
import WebSocketProtocol

/// `watertight search`: a leak that nobody wrote down.
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Look for a lifecycle that nobody wrote down and that leaks, stalls or ends the server.",
        usage: """
            watertight search [options] -- COMMAND ...
            watertight search [options] URL -- COMMAND ...
            watertight search [options] URL [--pid PID] ...
            watertight search [options] NAME
            """,
        discussion: """
            It makes up scripts, plays many together, and reads after each round what the server holds. A group after which \
            more is held each time is halved until one script is left; that is shrunk to the fewest steps that still do it, and a \
            row of the check, with its pause, decides. What is reported as a leak is one of watertight check --script.

              watertight search -- node server.js --port {port}
              watertight search --speak socket.io --dictionary words --corpus corpus -- ./server {port}

            Findings are also: the server ended, stalled, uses a processor with nothing to do, or breaks RFC 6455.

            Exit codes: 0 nothing was found, or only what breaks RFC 6455, 1 a leak, an end, a stall or a spin, 2 a suspicion \
            that could not be decided, 64 wrong arguments, 69 target unreachable, 70 internal error, 130 interrupted.
            """)

    @OptionGroup(title: "Target")
    var target: CheckedTarget

    @Option(
        help: "Time for the search: a number of seconds, or 90s, 10m. A suspicion may overrun it until it is decided.")
    var budget = DurationArgument(.seconds(600))
    @Option(
        help:
            "How long a suspect is left alone before it is called a leak, as in check. Default: 75s, more for some paths."
    )
    var pause: DurationArgument?
    @Option(help: "Look for the causes of a leak: auto (of a command), always, never.")
    var explain = CheckPlan.Explain.automatic
    @Option(help: "Seed of all scripts, to repeat a search. Default: drawn anew.")
    var seed: UInt64?
    @Option(
        help: ArgumentHelp(
            "File with what the application understands: a message a line; a line that begins with / is a path.",
            valueName: "file"))
    var dictionary: String?
    @Option(
        help: ArgumentHelp(
            "Folder that gets the findings (found-1.lifecycle) and the scripts that showed something new, and with which the next "
                + "search begins.", discussion: "check --corpus drives the findings again.", valueName: "dir"))
    var corpus: String?
    @Option(help: "Findings after which the search ends.")
    var mostFindings = 20

    @OptionGroup(title: "Peers")
    var peers: PeerArguments

    @Option(
        help: ArgumentHelp(
            "Write JSON, schema \(SearchJSON.schema); - for stdout in place of the text.", valueName: "file"))
    var json: String?
    @OptionGroup(title: "Live")
    var live: LiveOption
    @Option(help: ArgumentHelp("Write what is learned as JSON Lines while it is learned.", valueName: "file"))
    var record: String?
    @Option(help: ArgumentHelp("YAML file with targets. Default: watertight.yml here.", valueName: "file"))
    var config: String?
    @Flag(help: "Print each option that holds with its origin, and run nothing.")
    var printConfig = false
    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func validate() throws {
        if budget.duration < .seconds(5) { throw ValidationError("--budget must be at least 5 seconds") }
        if let pause, pause.duration < .seconds(1) { throw ValidationError("--pause must be at least a second") }
        if !(1...1000).contains(mostFindings) { throw ValidationError("--most-findings must be between 1 and 1000") }
        if let record, record.isEmpty || record == "-" {
            throw ValidationError("--record writes to a file: give its name")
        }
        if let json, json.isEmpty { throw ValidationError("--json needs the name of a file, or - for stdout") }
        if let json, json == record {
            throw ValidationError("--json and --record both write to \"\(json)\": give one another file")
        }
        do {
            try peers.validate(at: representativeURL)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private var representativeURL: WebSocketURL {
        get throws { try WebSocketURL(target.urlTemplate.replacing("{port}", with: "1")) }
    }

    /// What the options ask for.
    func plan(_ folder: CorpusFolder?, lines: [String] = []) throws -> SearchPlan {
        var check = CheckPlan(
            subject: try target.subject, url: target.urlTemplate, seed: seed ?? UInt64.random(in: 1...999_999))
        check.pause = pause?.duration
        check.explain = explain
        check.peers = try peers.options(at: representativeURL)
        check.peers.values = lines
        check.startLimit = target.startLimit.duration
        if !target.heap.isEmpty { check.heap = target.heap }
        var plan = SearchPlan(check)
        plan.budget = budget.duration
        plan.mostFindings = mostFindings
        if let dictionary {
            plan.dictionary = SearchDictionary(try ScriptFile.text(of: dictionary, option: "--dictionary"))
        }
        plan.corpus = try folder?.scripts() ?? []
        let names = plan.dictionary.messages + plan.dictionary.paths
        if check.peers.values.isEmpty, names.contains(where: { Template($0).names.contains("line") }) {
            throw ValidationError(
                "--dictionary: {line} needs lines to stand for: give --values FILE or --setup COMMAND")
        }
        try check.peers.requireValues(
            for: plan.corpus.compactMap { $0.lifecycle(named: "corpus") })
        return plan
    }

    func run() async throws {
        let folder = try corpus.map { try CorpusFolder($0, made: true) }
        let plan = try plan(folder, lines: try await peers.lines.read())
        let firstNumber = try folder?.firstNumber() ?? 1
        let jsonFile = try json.flatMap { $0 == "-" ? nil : try Self.opened($0, "--json") }
        let recordFile = try record.map { Locked(SearchRecordFile(try Self.opened($0, "--record"))) }
        DescriptorLimit.raise()
        let page = try await live.port.asyncMap {
            try await LiveServer.start(
                LiveSearch(budgetSeconds: budget.duration.inSeconds, from: firstNumber), on: $0)
        }
        let outcome = await Result.of { try await searched(plan, recordFile, firstNumber, page) }
        await page?.end()
        let result = try outcome.get()
        let reproducers = result.findings.enumerated().map {
            reproducer(of: $1, number: $0 + firstNumber, plan.check.seed)
        }
        try folder?.write(result, from: firstNumber)
        let document = try SearchJSON.render(result, reproducers: reproducers, from: firstNumber)
        if json == "-" {
            StandardOutput.write(document)
        } else {
            StandardOutput.write(SearchReport(result, reproducers: reproducers, from: firstNumber).render())
        }
        try jsonFile?.write(document)
        if let failure = recordFile?.withLock({ $0.failure }) {
            throw RecordFile.Incomplete(description: "the record is incomplete: \(failure)")
        }
        if let code = Self.code(of: result) { throw code }
    }

    private static func opened(_ name: String, _ option: String) throws -> ReportFile {
        do {
            return try ReportFile(name)
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }

    private func searched(
        _ plan: SearchPlan, _ record: Locked<SearchRecordFile>?, _ firstNumber: Int, _ page: LiveServer<LiveSearch>?
    ) async throws -> SearchResult {
        let isShown = StandardError.takesEscapes
        let seconds = budget.duration.inSeconds
        let search = LifecycleSearch(
            plan, logger: logging.logger("watertight.search"),
            progress: { progress in
                page?.update { $0.add(progress) }
                guard isShown else { return }
                StandardError.write(
                    SearchProgressLine.render(progress, budgetSeconds: seconds, columns: StandardError.columns))
            },
            event: { event in
                page?.update { $0.add(event) }
                record?.withLock { $0.write(event, from: firstNumber) }
                guard case .found(let finding, let number) = event else { return }
                let words = SearchWords(finding, number: number + firstNumber - 1)
                if isShown { StandardError.write(ProgressLine.erasure) }
                StandardError.print("\(words.fileName): \(words.kind): \(words.headline)")
            })
        defer { if isShown { StandardError.write(ProgressLine.erasure) } }
        return try await Interruption(atOnce: LeakCheck.killAll).value { try await search.run() }
    }

    /// The code for what a search came to; nil where nothing was found.
    static func code(of result: SearchResult) -> ExitCode? {
        switch result.interruption {
        case .interrupted: return Code.interrupted
        case .targetLost: return Code.unreachable
        case nil: break
        }
        if result.findings.contains(where: \.isDefect) { return Code.leak }
        let isOpen = result.findings.contains { if case .undecided = $0.proof { true } else { false } }
        return isOpen ? Code.inconclusive : nil
    }

    /// The command that checks a finding's script alone, quoted for a shell; nil where a check cannot show it.
    func reproducer(of finding: SearchFinding, number: Int, _ seed: UInt64) -> String? {
        guard finding.suspect.predecessors.isEmpty else { return nil }
        let name = SearchWords(finding, number: number).fileName
        let path = corpus.map { $0.hasSuffix("/") ? $0 + name : "\($0)/\(name)" } ?? name
        var words = ["watertight", "check", "--script", path, "--seed", "\(seed)"]
        if let pause { words += ["--pause", DurationText.format(pause.duration)] }
        let concurrency = finding.suspect.script.concurrency
        if concurrency > 1 { words += ["--concurrency", "\(concurrency)"] }
        words += peers.lines.words
        for pid in target.pids { words += ["--pid", "\(pid)"] }
        if let cgroup = target.cgroup { words += ["--cgroup", cgroup.name] }
        words += peers.words
        for template in target.heap { words += ["--heap", template.text] }
        var line = ShellText.quoted(words) + peers.fieldWords
        if let url = target.url { line += " " + ShellText.quoted([url]) }
        if !target.command.isEmpty { line += " -- " + ShellText.quoted(target.command) }
        return line
    }
}

/// The file that a search's record goes to, line by line.
private struct SearchRecordFile {
    private let file: ReportFile
    /// Why it is incomplete; after an error nothing more is written.
    private(set) var failure: String?

    init(_ file: ReportFile) { self.file = file }

    mutating func write(_ event: SearchEvent, from first: Int) {
        guard failure == nil else { return }
        do {
            try file.write(try SearchJSON.line(event, from: first))
        } catch {
            failure = "\(error)"
        }
    }
}
