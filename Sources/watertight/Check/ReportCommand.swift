import ArgumentParser
import LeakCheck
import LeakReports
import LeakStatistics
import Lifecycles
import SystemCalls

/// `watertight report`: a finished or killed check's reports, made from its record.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Render the reports of a check or a watch again from its record.",
        discussion: """
            The record is what watertight check --record or watch --record wrote; that of a watch is rendered as text and \
            JSON. A check that was killed has no verdicts yet; they are made \
            from what it had measured. The records of the shards of one check (check --shard 1/8 --record 1.record) are \
            put together into one report. Exit code 0 whatever the verdict is, with --exit-code that of the check; 64 for \
            a file that is no record, or a shard that is missing.

              watertight report leaks.record --html leaks.html
              watertight report shards/*.record --exit-code
            """)

    @Argument(help: ArgumentHelp("Record to read; several are the shards of one check.", valueName: "file"))
    var files: [String]
    @Flag(help: "End with the exit code of the check.")
    var exitCode = false
    @OptionGroup(title: "Reports")
    var reports: ReportOptions

    func run() throws {
        let records = try files.map(RecordSource.record)
        if let watch = records[0].recordedWatch {
            guard records.count == 1 else { throw ValidationError("the record of a watch is reported alone") }
            try reports.requireFormatsOfWatch()
            try WatchReportFiles.opened(json: reports.json).write(watch)
            if exitCode, let code = Code.of(watch) { throw code }
            return
        }
        if let other = records.firstIndex(where: { $0.header.watch != nil }) {
            throw ValidationError("\(files[other]) is the record of a watch, which is reported alone")
        }
        var result = try merged(records.map(\.recorded))
        Advice(budgetSeconds: result.budgetSeconds).add(to: &result)
        try reports.opened().write(result, announcing: false)
        if exitCode, let code = Code.of(result) { throw code }
    }

    /// One result of several; a single one stays as it is, also that of a shard.
    private func merged(_ results: [CheckResult]) throws -> CheckResult {
        guard results.count > 1 else { return results[0] }
        do {
            return try CheckResult(merging: results)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

/// `watertight analyze`: the verdicts of this version on samples taken before.
struct AnalyzeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Judge the samples of a record again, without a target, by the rules of this version.",
        discussion: """
            Verdicts that differ from those in the record are named on stderr. Exit codes are those of check: 0 clean, \
            1 leak, 2 inconclusive, 69 the target was lost, 130 the check was interrupted; 64 for a file that is no record.

              watertight analyze leaks.record
            """)

    @Argument(help: ArgumentHelp("Record to read.", valueName: "file"))
    var file: String
    @OptionGroup(title: "Reports")
    var reports: ReportOptions
    @OptionGroup(title: "Known leaks")
    var known: KnownLeakOptions

    func validate() throws {
        try reports.requireOther(than: known.writeKnownLeaks, of: "--write-known-leaks")
    }

    func run() throws {
        let record = try RecordSource.record(file)
        if let watch = record.judgedWatch { return try analyze(watch, before: record.end?.growth ?? []) }
        let knownLeaks = try known.entries(of: record.judged().rows.map(\.lifecycle))
        var result = record.judged(knownLeaks)
        Advice(budgetSeconds: result.budgetSeconds).add(to: &result)
        let knownLeaksFile = try known.opened()
        try reports.opened().write(result, announcing: false)
        if let knownLeaksFile { try KnownLeakOptions.write(result, keeping: knownLeaks, to: knownLeaksFile) }
        for (row, before) in zip(result.rows, record.end?.findings ?? []) {
            for (now, then) in zip(row.resources, before) where now.verdict != then.verdict {
                StandardError.print(
                    "watertight: \(row.lifecycle.label), \(now.resource.rawValue): \(now.verdict.rawValue) now, "
                        + "\(then.verdict.rawValue) in the record")
            }
        }
        if let code = Code.of(result) { throw code }
    }

    private func analyze(_ watch: WatchResult, before: [WatchResult.Finding]) throws {
        try reports.requireFormatsOfWatch()
        if known.knownLeaks != nil || known.writeKnownLeaks != nil {
            throw ValidationError("this is the record of a watch, which finds no leaks that could be known")
        }
        try WatchReportFiles.opened(json: reports.json).write(watch)
        for (now, then) in zip(watch.findings, before) where now.verdict != then.verdict {
            StandardError.print(
                "watertight: \(now.gauge): \(now.verdict?.rawValue ?? "not judged") now, "
                    + "\(then.verdict?.rawValue ?? "not judged") in the record")
        }
        if let code = Code.of(watch) { throw code }
    }
}

/// A record on disk.
enum RecordSource {
    /// Far beyond what the longest check writes.
    static let maximumBytes = 512 << 20

    static func record(_ name: String) throws -> CheckRecord {
        do {
            return try RecordReader.read(try FileContents.bytes(of: name, atMost: maximumBytes))
        } catch let failure as RecordReader.Failure {
            StandardError.print("watertight: \(name): \(failure)")
        } catch {
            StandardError.print("watertight: \(error)")
        }
        throw Code.usage
    }
}
