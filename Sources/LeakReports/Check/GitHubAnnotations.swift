public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's findings as workflow commands of GitHub Actions, which shows them beside the run.
public struct GitHubAnnotations {
    /// The diagnosis, then a line for each leak and each doubt, in the form of
    /// https://docs.github.com/actions/reference/workflow-commands-for-github-actions; empty when there is none.
    ///
    /// GitHub shows the first ten of a kind, so rows that leak the same share a line.
    public static func render(_ result: CheckResult) -> String {
        let diagnoses = result.diagnosisTexts.map { line("error", "diagnosis", $0.sentence) }
        let doubts = result.findingTexts.filter { $0.finding.verdict == .inconclusive }.map { row, finding, text in
            line("warning", "inconclusive: \(row.lifecycle.label), \(finding.resource.rawValue)", text.paragraph)
        }
        return (diagnoses + result.leakGroupTexts.flatMap(leak) + doubts).joined()
    }

    /// A line for each resource of a group.
    private static func leak(_ group: LeakGroupText) -> [String] {
        let beginning = group.summary.map { "\($0): \(group.names)\nfor example " } ?? ""
        return group.findings.map { finding, text in
            line(
                group.isKnown ? "notice" : "error", "leak: \(group.subject), \(finding.resource.rawValue)",
                beginning + text.paragraph)
        }
    }

    private static func line(_ command: String, _ title: String, _ text: String) -> String {
        "::\(command) title=\(property(title))::\(message(text))\n"
    }

    private static func message(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        message(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
