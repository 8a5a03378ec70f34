import Causes
public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's result as JUnit XML: a test case for each lifecycle and resource.
///
/// A leak is a failure, a known one skipped, and what could not be judged an error, so that any CI system shows them.
/// The diagnosis is the output of the suite.
public struct JUnitReport {
    /// The document, one test suite `watertight`.
    public static func render(_ result: CheckResult) -> String {
        var timed: Set<String> = []
        let cases = result.findingTexts.map { row, finding, text in
            // Whoever adds the times up counts each row once.
            let isFirst = timed.insert(row.lifecycle.label).inserted
            return testCase(row, finding, text, isFirst ? seconds(result, row) : 0)
        }
        let stalls = result.stalls.map { row, statement in
            JUnitDocument.Case(group: row.lifecycle.label, name: "stall", seconds: 0, outcome: .undecided(statement))
        }
        let ending = result.interruptionWords.map {
            JUnitDocument.Case(group: "the whole check", name: "course", seconds: 0, outcome: .undecided($0))
        }
        return JUnitDocument(
            timestamp: result.startedAt, seconds: result.durationSeconds, properties: properties(of: result),
            cases: cases + stalls + [ending].compactMap { $0 },
            output: result.diagnosisTexts.map { "diagnosis: \($0.sentence)" }.joined(separator: "\n")
        ).render()
    }

    private static func properties(of result: CheckResult) -> [(String, String)] {
        [
            ("version", ToolVersion.current), ("verdict", result.verdict.rawValue), ("target", result.target),
            ("runtime", result.runtime),
            ("isolation", result.isolation.rawValue), ("seed", "\(result.seed)"),
            ("budgetSeconds", Amount.count(result.budgetSeconds)),
        ] + (result.environment.map { [("environment", $0)] } ?? []) + result.allNotes.map { ("note", $0) }
    }

    private static func testCase(
        _ row: CheckResult.Row, _ finding: CheckResult.Finding, _ text: FindingText, _ seconds: Double
    ) -> JUnitDocument.Case {
        let causes = row.explanation.map { CauseText($0.worded).lines.map { "cause: \($0)" } } ?? []
        let more = causes + [row.reproducer.map { "reproduce: \($0)" }].compactMap { $0 }
        let outcome: JUnitDocument.Case.Outcome =
            switch finding.verdict {
            case .leak where finding.knownLeak == nil: .failed(text.statement, more: more)
            case .leak: .skipped(text.statement, more: more)
            case .inconclusive: .undecided(text.statement)
            case .clean: .passed(text.statement)
            }
        return .init(
            group: row.lifecycle.label, name: finding.resource.rawValue, seconds: seconds, outcome: outcome)
    }

    /// The seconds for which a row was observed, from its first sample to its last.
    private static func seconds(_ result: CheckResult, _ row: CheckResult.Row) -> Double {
        let samples = result.samples(of: row)
        guard let first = samples.first, let last = samples.last else { return 0 }
        return last.seconds - first.seconds
    }
}
