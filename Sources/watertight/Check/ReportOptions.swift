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

    /// What the options ask for.
    private var requests: [ReportRequest<CheckResult>] {
        [
            .init("--json", json) { try JSONReport.render($0) + "\n" },
            .init("--junit", junit) { JUnitReport.render($0) },
            .init("--html", html) { HTMLReport.render($0) },
            .init("--markdown", markdown) { MarkdownReport.render($0) },
            .init("--openmetrics", openmetrics) { OpenMetricsReport.render($0) },
        ].compactMap { $0 }
    }

    /// Refuses the formats that a watch is not reported in.
    func requireFormatsOfWatch() throws {
        guard let option = requests.first(where: { $0.option != "--json" })?.option else { return }
        throw ValidationError(
            "\(option): this is the record of a watch, which is reported as text and with --json only; "
                + "watertight check has the other formats")
    }

    /// Refuses a file that another option writes to as well.
    func requireOther(than name: String?, of option: String) throws {
        guard let other = requests.first(where: { $0.name == name })?.option, let name else { return }
        throw ValidationError("\(option) and \(other) both write to \"\(name)\": give one of them another file")
    }

    func validate() throws { try ReportRequest.validate(requests) }

    /// The files, opened for writing before anything is measured.
    func opened() throws -> ReportFiles<CheckResult> { try ReportRequest.opened(requests) }
}
