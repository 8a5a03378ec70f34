package import Fleet
import LeakStatistics

/// What a fleet came to as workflow commands of GitHub Actions, which shows them beside the run.
package struct FleetAnnotations {
    /// A line for each leak and each doubt, at most ten of a kind; empty where there is none.
    package static func render(_ result: FleetResult) -> String {
        Annotation.render(
            result.findings.compactMap { finding in
                let text = FleetText(finding)
                guard let verdict = finding.verdict, let sentence = text.sentence else { return nil }
                let kind: Annotation.Kind =
                    finding.isBaseline ? .notice : verdict == .leak ? .error : .warning
                return Annotation(kind: kind, title: "\(verdict.rawValue): \(text.subject)", text: sentence)
            })
    }
}
