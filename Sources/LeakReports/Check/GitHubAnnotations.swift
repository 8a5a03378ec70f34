import Causes
public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's findings as workflow commands of GitHub Actions, which shows them beside the run.
public struct GitHubAnnotations {
    /// The diagnosis, then a line for each leak and each doubt, in the form of
    /// https://docs.github.com/actions/reference/workflow-commands-for-github-actions; empty when there is none.
    ///
    /// GitHub shows the first ten of a kind and drops the others without a word, so rows that leak the same share a line, and
    /// the tenth line counts what is left. What has a cause in a file below
    /// `workspace`, the folder of the checked-out repository, is shown at that line.
    public static func render(_ result: CheckResult, workspace: String? = nil) -> String {
        let diagnoses = result.diagnosisTexts.map { line("error", "diagnosis", $0.sentence) }
        let doubts = result.findingTexts.filter { $0.finding.verdict == .inconclusive }.map { row, finding, text in
            line("warning", "inconclusive: \(row.lifecycle.label), \(finding.resource.rawValue)", text.paragraph)
        }
        let leaks = result.leakGroupTexts.flatMap { leak($0, workspace) }
        return ["error", "warning", "notice"].flatMap { kind in
            limited((diagnoses + leaks + doubts).filter { $0.hasPrefix("::\(kind) ") }, kind)
        }.joined()
    }

    /// How many lines of a kind GitHub shows for a step.
    private static let mostLines = 10

    private static func limited(_ lines: [String], _ kind: String) -> [String] {
        guard lines.count > mostLines else { return lines }
        let rest = lines.count - mostLines + 1
        return lines.prefix(mostLines - 1)
            + [line(kind, "\(rest) more", "\(rest) more findings of this kind are in the report of this step.")]
    }

    /// A line for each resource of a group.
    private static func leak(_ group: LeakGroupText, _ workspace: String?) -> [String] {
        let beginning = group.summary.map { "\($0): \(group.names)\nfor example " } ?? ""
        let ending = group.causes.map { "\n\($0)" }.joined()
        let place = group.location.flatMap { self.place($0, workspace) } ?? ""
        return group.findings.map { finding, text in
            line(
                group.isKnown ? "notice" : "error", "leak: \(group.subject), \(finding.resource.rawValue)",
                beginning + text.paragraph + ending, place)
        }
    }

    private static func line(_ command: String, _ title: String, _ text: String, _ place: String = "") -> String {
        "::\(command) \(place)title=\(property(title))::\(message(text))\n"
    }

    /// `file=src/app.py,line=12,` for a file of the repository; nil for any other.
    private static func place(_ location: CodeLocation, _ workspace: String?) -> String? {
        var path = location.file[...]
        if path.hasPrefix("file://") { path = path.dropFirst(7) }
        if path.hasPrefix("/") {
            guard let workspace, path.hasPrefix(workspace + "/") else { return nil }
            path = path.dropFirst(workspace.count + 1)
        }
        guard !location.isLibrary, !path.isEmpty, !path.hasPrefix("<") else { return nil }
        return "file=\(property(String(path)))," + (location.line.map { "line=\($0)," } ?? "")
    }

    private static func message(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        message(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
