import ArgumentParser
import FoundationEssentials
import LeakCheck
import LeakReports
import Lifecycles
import SystemCalls
import WebSocketProtocol

/// `watertight explain`: the causes of what a check has found before.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Find what holds the leaks of a recorded check, and which line made them.",
        discussion: """
            The record is what watertight check --record wrote. The command of the check is started again, as the record \
            says, a leaking lifecycle's connections are made once more, and the report gets the causes; a server that ran \
            before is looked into where it runs. It takes 10 to 30 s a row and changes no verdict: the exit code is 0, or \
            64 for a file that is no record or a row that does not leak, 69 where the target cannot be reached, 130 \
            interrupted.

              watertight check --record leaks.record --explain never -- node server.js --port {port}
              watertight explain leaks.record --html leaks.html
              watertight explain leaks.record --lifecycle fin
            """)

    @Argument(help: ArgumentHelp("Record to read.", valueName: "file"))
    var file: String
    @Option(
        name: .customLong("lifecycle"),
        help: "Leaking row to explain, as the report names it; repeatable. Default: one of each kind, three at most.")
    var lifecycles: [String] = []
    @Option(
        help: ArgumentHelp(
            "Write the record with the causes in it; it may be the same file.", valueName: "file"))
    var record: String?
    @OptionGroup(title: "Reports")
    var reports: ReportOptions
    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func validate() throws {
        if let record, record.isEmpty || record == "-" {
            throw ValidationError("--record writes to a file: give its name")
        }
        try reports.requireOther(than: record, of: "--record")
    }

    func run() async throws {
        let source = try RecordSource.record(file)
        guard source.header.watch == nil else {
            throw ValidationError("\(file) is the record of a watch, which finds no leak of a lifecycle")
        }
        let plan = try await Self.plan(of: source)
        let files = try reports.opened()
        let recordFile = try record.map { try RecordFile.forOption($0, keepsContents: true) }
        DescriptorLimit.raise()
        let check = LeakCheck(plan, logger: logging.logger("watertight.explain"), progress: progress)
        let interruption = Interruption(atOnce: LeakCheck.killAll)
        var result = try await explained(source, by: check, interruption)
        Advice(budgetSeconds: result.budgetSeconds).add(to: &result)
        try recordFile?.write(source.explained(as: result))
        try files.write(result, announcing: true)
        if interruption.isCancelled { throw Code.interrupted }
    }

    private func explained(
        _ source: CheckRecord, by check: LeakCheck, _ interruption: Interruption
    ) async throws -> CheckResult {
        defer { if StandardError.takesEscapes { StandardError.write(ProgressLine.erasure) } }
        do {
            return try await interruption.value { [lifecycles] in try await check.explain(source, rows: lifecycles) }
        } catch let nothing as LeakCheck.NothingToExplain {
            throw ValidationError(words(nothing, source))
        }
    }

    private func words(_ nothing: LeakCheck.NothingToExplain, _ source: CheckRecord) -> String {
        switch nothing {
        case .noLeak: "no row of \(file) leaks: there is nothing to explain"
        case .onlyWhilePeersStay:
            "what leaks in \(file) is kept only while the peers stay, and says no more than the report"
        case .notLeaking(let row): "--lifecycle \(row): it does not leak, so there is nothing to explain"
        case .noRow(let row):
            "--lifecycle \(row): the record has no such row; it has "
                + source.header.rows.map(\.label).joined(separator: ", ")
        }
    }

    /// The plan of the check that wrote `record`, as the command says that reproduces one of its rows.
    private static func plan(of record: CheckRecord) async throws -> CheckPlan {
        guard let line = record.header.rows.lazy.compactMap(\.reproducer).first else {
            throw ValidationError("the record does not say how the check was made: check once more with --record")
        }
        let command = try CheckCommand.parsed(reproducer: line)
        return try command.plan(in: command.environment.resolved(), lines: await command.peers.lines.read())
    }

    private var progress: @Sendable (LeakCheck.Progress) -> Void {
        guard StandardError.takesEscapes else { return { _ in } }
        let line = Locked(ProgressLine())
        return { progress in
            StandardError.write(
                line.withLock { $0.render(progress, budgetSeconds: 0, columns: StandardError.columns) })
        }
    }
}

extension CheckCommand {
    /// The command that a reproducer stands for, whose variables are taken from the environment.
    static func parsed(
        reproducer line: String, variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> CheckCommand {
        let words = try ShellText.words(of: line) { name in
            guard let value = variables[name] else {
                throw ValidationError(
                    "a record keeps no secrets: set the environment variable \(name) to what the check's request had")
            }
            return value
        }
        guard let words, words.prefix(2) == ["watertight", "check"] else {
            throw ValidationError("the record's command is none of a check: \(line.escapedForTerminal)")
        }
        return try CheckCommand.parse(Array(words.dropFirst(2)))
    }
}

extension CheckRecord {
    /// Its entries with the explanations that `result` has, in the order of a record: the facts of a row after its samples.
    func explained(as result: CheckResult) -> [Entry] {
        var facts = facts
        for row in result.rows { facts[row.lifecycle.label]?.explanation = row.explanation }
        return [.header(header)] + samples.map { .sample($0) }
            + header.rows.compactMap { facts[$0.label].map { .row($0) } } + (end.map { [.end($0)] } ?? [])
    }
}
