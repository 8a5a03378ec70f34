import ArgumentParser
import Fleet
import Glibc
import LeakReports
import Prometheus

/// Where Prometheus is, and how it is reached.
struct PrometheusOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("PEM file of the authorities to trust in place of the system's.", valueName: "file"))
    var cacert: String?
    @Flag(name: [.customShort("k"), .long], help: "Accept any certificate.")
    var insecure = false

    func validate() throws {
        if cacert != nil && insecure { throw ValidationError("--cacert and --insecure exclude each other") }
    }

    /// The variable of the environment with a bearer token.
    static let tokenVariable = "PROMETHEUS_TOKEN"

    /// The server at `url`, with the token of the environment where there is one.
    func configuration(_ url: String) throws -> PrometheusServer.Configuration {
        guard var configuration = PrometheusServer.Configuration(url: url) else {
            throw ValidationError(
                "\"\(url)\" is no URL of Prometheus: write http://host:9090 or https://host/path, and put a token in "
                    + "the environment variable \(Self.tokenVariable)")
        }
        configuration.authorities = cacert
        configuration.takesAnyCertificate = insecure
        if let token = getenv(Self.tokenVariable).map({ String(cString: $0) }), !token.isEmpty {
            guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw ValidationError(
                    "\(Self.tokenVariable) is no token: it has spaces, line breaks or letters beyond ASCII")
            }
            configuration.token = token
        }
        return configuration
    }
}

/// Where the reports on a fleet go.
struct FleetReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write JSON, schema \(FleetJSON.schema); - is stdout, in place of the text.", valueName: "file"))
    var json: String?
    @Option(help: ArgumentHelp("Write JUnit XML, a test case for each group and resource.", valueName: "file"))
    var junit: String?
    @Option(help: ArgumentHelp("Write a page with tables and plots that needs nothing else.", valueName: "file"))
    var html: String?
    @Option(help: ArgumentHelp("Write Markdown, for the summary of a CI job.", valueName: "file"))
    var markdown: String?
    @Option(help: ArgumentHelp("Write OpenMetrics, for a textfile collector.", valueName: "file"))
    var openmetrics: String?

    private var requests: [ReportRequest<FleetResult>] {
        [
            .init("--json", json) { try FleetJSON.render($0) }, .init("--junit", junit) { FleetJUnit.render($0) },
            .init("--html", html) { FleetHTML.render($0) }, .init("--markdown", markdown) { FleetMarkdown.render($0) },
            .init("--openmetrics", openmetrics) { FleetOpenMetrics.render($0) },
        ].compactMap { $0 }
    }

    func validate() throws { try ReportRequest.validate(requests) }

    /// The files, opened before anything is asked for.
    func opened() throws -> ReportFiles<FleetResult> { try ReportRequest.opened(requests) }
}

extension ReportFiles<FleetResult> {
    /// Writes every report on a fleet, and tells a CI system.
    func write(_ result: FleetResult) throws {
        try write(
            result, text: { FleetReport(result, usesColour: StandardOutput.wantsColour).render() },
            announcement: .init(
                annotations: { _ in FleetAnnotations.render(result) }, summary: { FleetMarkdown.render(result) }))
    }
}
