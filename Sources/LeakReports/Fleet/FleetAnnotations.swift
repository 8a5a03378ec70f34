package import Fleet
import LeakStatistics

/// What a fleet came to as workflow commands of GitHub Actions, which shows them beside the run.
package struct FleetAnnotations {
    /// What is missing, and a line for each leak and each doubt, the worst first, at most ten of a kind; empty where there is none.
    package static func render(_ result: FleetResult) -> String {
        let missing = result.interruptionWords.map {
            Annotation(kind: .warning, title: "the fleet was not read to its end", text: $0)
        }
        let findings = FleetExcerpt.worstFirst(result.findings).compactMap { finding -> Annotation? in
            let text = FleetText(finding)
            guard let verdict = finding.verdict, let sentence = text.sentence else { return nil }
            let kind: Annotation.Kind =
                finding.isBaseline ? .notice : verdict == .leak ? .error : .warning
            return Annotation(kind: kind, title: "\(verdict.rawValue): \(text.subject)", text: sentence)
        }
        return Annotation.render([missing].compactMap { $0 } + findings)
    }
}
