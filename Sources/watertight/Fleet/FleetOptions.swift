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
    @Option(help: ArgumentHelp("Write Markdown, for the summary of a CI job; - is stdout.", valueName: "file"))
    var markdown: String?

    func validate() throws {
        for (option, name) in [("--json", json), ("--markdown", markdown)] where name?.isEmpty == true {
            throw ValidationError("\(option) needs the name of a file, or - for stdout")
        }
        if let json, json == markdown {
            let place = json == "-" ? "stdout" : "\"\(json)\""
            throw ValidationError("--json and --markdown both write to \(place): give one of them another file")
        }
    }

    /// The files, opened before anything is asked for.
    func opened() throws -> FleetReportFiles {
        let all: [(String, String?, (FleetResult) throws -> String)] = [
            ("--json", json, FleetJSON.render), ("--markdown", markdown, FleetMarkdown.render),
        ]
        var files = FleetReportFiles()
        for case (let option, let name?, let render) in all {
            guard name != "-" else {
                files.standardOutput = render
                continue
            }
            do {
                files.files.append((try ReportFile(name), render))
            } catch {
                throw ValidationError("\(option): \(error)")
            }
        }
        return files
    }
}

/// Everything that a fleet is reported to.
struct FleetReportFiles {
    var files: [(file: ReportFile, render: (FleetResult) throws -> String)] = []
    var standardOutput: ((FleetResult) throws -> String)?

    /// Writes all of them.
    func write(_ result: FleetResult) throws {
        StandardOutput.write(
            try standardOutput?(result) ?? FleetReport(result, usesColour: StandardOutput.wantsColour).render())
        for (file, render) in files { try file.write(render(result)) }
    }
}
