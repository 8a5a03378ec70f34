import Glibc
import SystemCalls

/// Everything that a run reports to: stdout, files, and the CI system that runs it.
struct ReportFiles<Result> {
    /// What a CI system is told beside the reports.
    struct Announcement {
        /// Lines of workflow commands; `workspace` is the folder of the checked-out repository.
        var annotations: (_ workspace: String?) -> String
        /// Markdown for the summary of the job.
        var summary: () -> String
    }

    /// The files, each with what it gets.
    var files: [(file: ReportFile, render: @Sendable (Result) throws -> String)]
    /// What stdout gets in place of the text.
    var standardOutput: (@Sendable (Result) throws -> String)?

    /// Writes every report; a file that cannot be written does not keep the others from it, but is an error in the end.
    ///
    /// Where there is an `announcement`, a CI system is told as well.
    func write(_ result: Result, text: () -> String, announcement: Announcement? = nil) throws {
        if let standardOutput {
            StandardOutput.write(try standardOutput(result))
        } else {
            StandardOutput.write(text())
            if let announcement, variable("GITHUB_ACTIONS") == "true" {
                StandardOutput.write(announcement.annotations(variable("GITHUB_WORKSPACE")))
            }
        }
        var failure: ReportFile.Failure?
        for (file, render) in files {
            let text = try render(result)
            do throws(ReportFile.Failure) {
                try file.write(text)
            } catch {
                StandardError.print("watertight: \(error)")
                failure = error
            }
        }
        if let announcement, let summary = variable("GITHUB_STEP_SUMMARY") {
            append(announcement.summary(), to: summary)
        }
        if failure != nil { throw Code.internalError }
    }

    /// The summary is a courtesy of the CI system: where it cannot be written, the run is as good.
    private func append(_ text: String, to name: String) {
        let number = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        var failure: Int32? = errno
        if number >= 0 {
            let file = OwnedDescriptor(owning: number)
            failure = WholeWrite.write(text, to: file.rawValue)
        }
        if let failure {
            StandardError.print(
                "watertight: cannot append to GITHUB_STEP_SUMMARY, \(name): \(String(cString: strerror(failure)))")
        }
    }

    /// A variable of the environment; nil where it is not set or empty.
    private func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
