import Causes
public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's findings as workflow commands of GitHub Actions, which shows them beside the run.
public struct GitHubAnnotations {
    /// The diagnosis, then a line for each leak and each doubt; empty when there is none.
    ///
    /// GitHub shows the first ten of a kind, so rows that leak the same share a line. What has a cause in a file below
    /// `workspace`, the folder of the checked-out repository, is shown at that line.
    public static func render(_ result: CheckResult, workspace: String? = nil) -> String {
        let diagnoses = result.diagnosisTexts.map {
            Annotation(kind: .error, title: "diagnosis", text: $0.sentence)
        }
        let doubts = result.findingTexts.filter { $0.finding.verdict == .inconclusive }.map { row, finding, text in
            Annotation(
                kind: .warning, title: "inconclusive: \(row.lifecycle.label), \(finding.resource.rawValue)",
                text: text.paragraph)
        }
        return Annotation.render(diagnoses + result.leakGroupTexts.flatMap { leak($0, workspace) } + doubts)
    }

    /// One for each resource of a group.
    private static func leak(_ group: LeakGroupText, _ workspace: String?) -> [Annotation] {
        let beginning = group.summary.map { "\($0): \(group.names)\nfor example " } ?? ""
        let ending = group.causes.map { "\n\($0)" }.joined()
        let place = group.location.flatMap { self.place($0, workspace) }
        return group.findings.map { finding, text in
            Annotation(
                kind: group.isKnown ? .notice : .error,
                title: "leak: \(group.subject), \(finding.resource.rawValue)",
                text: beginning + text.paragraph + ending, place: place)
        }
    }

    /// The place of a file of the repository; nil for any other.
    private static func place(_ location: CodeLocation, _ workspace: String?) -> (file: String, line: Int?)? {
        var path = location.file[...]
        if path.hasPrefix("file://") { path = path.dropFirst(7) }
        if path.hasPrefix("/") {
            guard let workspace, path.hasPrefix(workspace + "/") else { return nil }
            path = path.dropFirst(workspace.count + 1)
        }
        guard !location.isLibrary, !path.isEmpty, !path.hasPrefix("<") else { return nil }
        return (String(path), location.line)
    }
}
