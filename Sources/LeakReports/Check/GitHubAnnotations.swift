public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's findings as workflow commands of GitHub Actions, which shows them beside the run.
public struct GitHubAnnotations {
    /// A line for each leak and each doubt, in the form of
    /// https://docs.github.com/actions/reference/workflow-commands-for-github-actions; empty when there is none.
    public static func render(_ result: CheckResult) -> String {
        result.findingTexts.compactMap { row, finding, text in
            let title = property("\(finding.verdict.rawValue): \(row.lifecycle.label), \(finding.resource.rawValue)")
            let command: String? =
                switch finding.verdict {
                case .leak: finding.knownLeak == nil ? "error" : "notice"
                case .inconclusive: "warning"
                case .clean: nil
                }
            return command.map { "::\($0) title=\(title)::\(message(text.paragraph))\n" }
        }.joined()
    }

    private static func message(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        message(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
