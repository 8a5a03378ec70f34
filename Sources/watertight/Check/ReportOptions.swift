import ArgumentParser
import LeakCheck
import LeakReports

/// Where the reports of a check go.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write JSON, schema \(JSONReport.schema).", valueName: "file"))
    var json: String?
    @Option(help: ArgumentHelp("Write JUnit XML, a test case for each lifecycle and resource.", valueName: "file"))
    var junit: String?
    @Option(help: ArgumentHelp("Write a page with tables and plots that needs nothing else.", valueName: "file"))
    var html: String?
    @Option(help: ArgumentHelp("Write Markdown, for the summary of a CI job.", valueName: "file"))
    var markdown: String?
    @Option(help: ArgumentHelp("Write OpenMetrics, for a textfile collector.", valueName: "file"))
    var openmetrics: String?

    /// What each option's file gets.
    private var renderers: [(option: String, name: String, render: @Sendable (CheckResult) throws -> String)] {
        let all: [(String, String?, @Sendable (CheckResult) throws -> String)] = [
            ("--json", json, { try JSONReport.render($0) + "\n" }), ("--junit", junit, { JUnitReport.render($0) }),
            ("--html", html, { HTMLReport.render($0) }), ("--markdown", markdown, { MarkdownReport.render($0) }),
            ("--openmetrics", openmetrics, { OpenMetricsReport.render($0) }),
        ]
        return all.compactMap { option, name, render in name.map { (option, $0, render) } }
    }

    /// Refuses the formats that a watch is not reported in.
    func requireFormatsOfWatch() throws {
        guard let option = renderers.first(where: { $0.option != "--json" })?.option else { return }
        throw ValidationError(
            "\(option): this is the record of a watch, which is reported as text and with --json only; "
                + "watertight check has the other formats")
    }

    /// Refuses a file that another option writes to as well.
    func requireOther(than name: String?, of option: String) throws {
        guard let other = renderers.first(where: { $0.name == name })?.option, let name else { return }
        throw ValidationError("\(option) and \(other) both write to \"\(name)\": give one of them another file")
    }

    func validate() throws {
        var seen: [String: String] = [:]
        for (option, name, _) in renderers {
            if name.isEmpty { throw ValidationError("\(option) needs the name of a file, or - for stdout") }
            if let other = seen.updateValue(option, forKey: name) {
                let what = name == "-" ? "stdout" : "\"\(name)\""
                throw ValidationError("\(other) and \(option) both write to \(what): give one of them another file")
            }
        }
    }

    /// The files, opened for writing before anything is measured: a check must not fail at its end for want of a folder.
    func opened() throws -> ReportFiles {
        let files = try renderers.filter { $0.name != "-" }.map { option, name, render in
            do {
                return (file: try ReportFile(name), render: render)
            } catch {
                throw ValidationError("\(option): \(error)")
            }
        }
        return ReportFiles(files: files, standardOutput: renderers.first { $0.name == "-" }?.render)
    }
}
