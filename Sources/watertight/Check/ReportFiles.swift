import Glibc
import LeakCheck
import LeakReports
import SystemCalls

/// Everything that a check reports to: stdout, files, and the CI system that runs it.
struct ReportFiles {
    /// The files, each with what it gets.
    var files: [(file: ReportFile, render: @Sendable (CheckResult) throws -> String)]
    /// What stdout gets in place of the text.
    var standardOutput: (@Sendable (CheckResult) throws -> String)?

    /// Writes every report; a file that cannot be written does not keep the others from it, but is an error in the end.
    ///
    /// Where it is `announcing`, a CI system is told as well.
    func write(_ result: CheckResult, announcing: Bool) throws {
        if let standardOutput {
            StandardOutput.write(try standardOutput(result))
        } else {
            let columns = StandardOutput.isTerminal ? StandardOutput.size.columns : nil
            StandardOutput.write(TextReport(result, usesColour: StandardOutput.wantsColour, columns: columns).render())
            if announcing && variable("GITHUB_ACTIONS") == "true" {
                StandardOutput.write(GitHubAnnotations.render(result, workspace: variable("GITHUB_WORKSPACE")))
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
        if announcing, let summary = variable("GITHUB_STEP_SUMMARY") {
            append(MarkdownReport.render(result), to: summary)
        }
        if failure != nil { throw Code.internalError }
    }

    /// The summary is a courtesy of the CI system: where it cannot be written, the check is as good.
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
