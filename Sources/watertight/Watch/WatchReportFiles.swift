import ArgumentParser
import LeakCheck
import LeakReports

/// Where the reports of a watch go.
struct WatchReportFiles {
    /// The file that gets JSON; nil where none was asked for, or stdout gets it.
    private let json: ReportFile?
    /// Whether stdout gets JSON in place of the text.
    let isJSONOnOutput: Bool

    /// Opens the file `--json` names before anything is measured, `-` being stdout.
    static func opened(json name: String?) throws -> WatchReportFiles {
        do {
            let file = try name.flatMap { $0 == "-" ? nil : try ReportFile($0) }
            return WatchReportFiles(json: file, isJSONOnOutput: name == "-")
        } catch let failure as ReportFile.Failure {
            throw ValidationError("--json: \(failure)")
        }
    }

    /// Writes all of them.
    func write(_ result: WatchResult) throws {
        StandardOutput.write(
            isJSONOnOutput
                ? try WatchJSON.render(result)
                : WatchReport(result, usesColour: StandardOutput.wantsColour).render())
        try json?.write(WatchJSON.render(result))
    }
}
