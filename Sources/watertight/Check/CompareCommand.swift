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

    func validate() throws {
        for (option, name) in [("--markdown", markdown), ("--json", json)] where name?.isEmpty == true {
            throw ValidationError("\(option) needs the name of a file, or - for stdout")
        }
        if let markdown, markdown == json {
            throw ValidationError("--markdown and --json both write to \"\(markdown)\": give one of them another file")
        }
    }

    func run() throws {
        let (first, second) = (try findings(before), try findings(after))
        let comparison = CheckComparison(before: first.findings, after: second.findings)
        let text = ComparisonText(comparison, before: first.target, after: second.target)
        let renderings: [(option: String, name: String, render: () throws -> String)] = [
            ("--markdown", markdown, { text.markdown() }),
            (
                "--json", json,
                { try ComparisonJSON.render(comparison, before: first.target, after: second.target) + "\n" }
            ),
        ].compactMap { option, name, render in name.map { (option, $0, render) } }
        for (option, name, render) in renderings where name != "-" {
            do {
                try ReportFile(name).write(try render())
            } catch let failure as ReportFile.Failure {
                throw ValidationError("\(option): \(failure)")
            }
        }
        StandardOutput.write(try renderings.first { $0.name == "-" }?.render() ?? text.render())
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
