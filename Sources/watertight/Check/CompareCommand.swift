import ArgumentParser
import LeakCheck
import LeakReports
import LeakStatistics
import SystemCalls

/// `watertight compare`: what a change has done to a server's leaks.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say which leaks are new, have grown or are gone between two checks.",
        discussion: """
            Both are what watertight check has written, with --json or --record. A leak has grown where the difference is \
            beyond the errors of both and more than a tenth. What stays as it was fails nothing.

              watertight compare main.json branch.json --markdown comment.md

            Exit codes: 0 nothing new, nothing grown, 1 a leak is new or has grown, 2 something is no longer decided, \
            64 wrong arguments or no report.
            """)

    @Argument(help: ArgumentHelp("Report or record of the check before.", valueName: "before"))
    var before: String
    @Argument(help: ArgumentHelp("Report or record of the check after.", valueName: "after"))
    var after: String
    @Option(
        help: ArgumentHelp(
            "Write Markdown, for a comment on the change; - is stdout, in place of the text.", valueName: "file"))
    var markdown: String?
    @Option(
        help: ArgumentHelp(
            "Write JSON, schema \(ComparisonJSON.schema); - is stdout, in place of the text.", valueName: "file"))
    var json: String?

    private struct Compared {
        var comparison: CheckComparison
        var before: String
        var after: String

        var text: ComparisonText { ComparisonText(comparison, before: before, after: after) }
    }

    private var requests: [ReportRequest<Compared>] {
        [
            .init("--markdown", markdown) { $0.text.markdown() },
            .init("--json", json) {
                try ComparisonJSON.render($0.comparison, before: $0.before, after: $0.after) + "\n"
            },
        ].compactMap { $0 }
    }

    func validate() throws { try ReportRequest.validate(requests) }

    func run() throws {
        let (first, second) = (try findings(before), try findings(after))
        let comparison = CheckComparison(before: first.findings, after: second.findings)
        let compared = Compared(comparison: comparison, before: first.target, after: second.target)
        try ReportRequest.opened(requests).write(compared) { compared.text.render() }
        switch comparison.verdict {
        case .clean: return
        case .leak: throw Code.leak
        case .inconclusive: throw Code.inconclusive
        }
    }

    private func findings(_ name: String) throws -> (target: String, findings: [CheckComparison.Finding]) {
        do {
            let bytes = try FileContents.bytes(of: name, atMost: RecordSource.maximumBytes)
            if ReportedFindings.isReport(bytes) { return try ReportedFindings.read(bytes) }
            let record = try RecordReader.read(bytes)
            guard record.header.watch == nil else {
                throw ValidationError("\(name): this is the record of a watch; give what watertight check has written")
            }
            return (record.header.target, record.recorded.comparedFindings)
        } catch let failure as FileContents.Failure {
            throw ValidationError("\(failure)")
        } catch let failure as RecordReader.Failure {
            throw ValidationError("\(name): \(failure)")
        } catch let failure as ReportedFindings.Failure {
            throw ValidationError("\(name): \(failure)")
        }
    }
}
