package import Fleet
import LeakStatistics

/// What a fleet came to as JUnit XML: a test case for each group and resource.
///
/// A leak is a failure, and what could not be judged an error, so that any CI system shows them. What the baseline leaks fails
/// nothing. The conclusion is the output of the suite.
package struct FleetJUnit {
    /// The document, one test suite `watertight`.
    package static func render(_ result: FleetResult) -> String {
        let cases = result.findings.enumerated().map { index, finding in
            // Everything is asked for at once, so its time is counted once.
            testCase(finding, seconds: index == 0 ? result.durationSeconds : 0, result.reproducer)
        }
        let ending = result.interruptionWords.map {
            JUnitDocument.Case(group: "the whole fleet", name: "course", seconds: 0, outcome: .undecided($0))
        }
        return JUnitDocument(
            timestamp: FleetTime.text(result.time.upperBound), seconds: result.durationSeconds,
            properties: [("version", ToolVersion.current), ("verdict", result.verdict.rawValue)] + result.headings,
            cases: cases + [ending].compactMap { $0 }, output: result.conclusion
        ).render()
    }

    private static func testCase(
        _ finding: FleetResult.Finding, seconds: Double, _ reproducer: String?
    ) -> JUnitDocument.Case {
        let text = FleetText(finding)
        let more =
            (finding.query.isEmpty ? [] : ["query: \(finding.query)"]) + (reproducer.map { ["reproduce: \($0)"] } ?? [])
        let outcome: JUnitDocument.Case.Outcome =
            switch finding.verdict {
            case .leak where finding.isBaseline: .skipped(text.statement, more: more)
            case .leak: .failed(text.statement, more: more)
            case .inconclusive: .undecided(text.statement)
            case .clean, nil: .passed(text.statement)
            }
        return .init(
            group: finding.groupName ?? "fleet", name: finding.resource.rawValue, seconds: seconds, outcome: outcome)
    }
}
