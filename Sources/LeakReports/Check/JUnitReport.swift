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
        let findings = result.findingTexts
        let known = findings.count { $0.finding.knownLeak != nil }
        let failures = findings.count { $0.finding.verdict == .leak } - known
        let endings = result.interruption == nil ? 0 : 1
        let stalls = result.stalls
        let errors = findings.count { $0.finding.verdict == .inconclusive } + stalls.count + endings
        let tests = findings.count + stalls.count + endings
        let counts = attributes([
            ("name", "watertight"), ("tests", "\(tests)"), ("failures", "\(failures)"), ("errors", "\(errors)"),
            ("skipped", "\(known)"), ("time", seconds(result.durationSeconds)),
        ])
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites\(counts)>"]
        // The schema's timestamps have no zone: they are UTC.
        let moment = attributes([("timestamp", String(result.startedAt.prefix { $0 != "Z" }))])
        lines.append("  <testsuite\(counts)\(moment)>")
        lines.append("    <properties>")
        lines += properties(of: result).map { name, value in
            "      <property\(attributes([("name", name), ("value", value)]))/>"
        }
        lines.append("    </properties>")
        var timed: Set<String> = []
        for (row, finding, text) in findings {
            // Whoever adds the times up counts each row once.
            let isFirst = timed.insert(row.lifecycle.label).inserted
            lines += testCase(row, finding, text, isFirst ? rowSeconds(result, row) : "0")
        }
        for (row, statement) in stalls {
            lines += element(row.lifecycle.label, "stall", "0", "error", statement, nil)
        }
        if let words = result.interruptionWords {
            lines += element("the whole check", "course", "0", "error", words, nil)
        }
        let diagnoses = result.diagnosisTexts.map { "diagnosis: \($0.sentence)" }.joined(separator: "\n")
        if !diagnoses.isEmpty { lines.append("    <system-out>\(MarkupText.escaped(diagnoses))</system-out>") }
        lines += ["  </testsuite>", "</testsuites>"]
        return lines.joined(separator: "\n") + "\n"
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
        _ row: CheckResult.Row, _ finding: CheckResult.Finding, _ text: FindingText, _ time: String
    ) -> [String] {
        let (group, name) = (row.lifecycle.label, finding.resource.rawValue)
        switch finding.verdict {
        case .leak:
            let kind = finding.knownLeak == nil ? "failure" : "skipped"
            let causes = row.explanation.map { CauseText($0).lines.map { "cause: \($0)" } } ?? []
            let more = causes + [row.reproducer.map { "reproduce: \($0)" }].compactMap { $0 }
            return element(
                group, name, time, kind, text.statement, more.isEmpty ? nil : more.joined(separator: "\n"))
        case .inconclusive: return element(group, name, time, "error", text.statement, nil)
        case .clean:
            return [
                "    <testcase\(identity(group, name, time))>",
                "      <system-out>\(MarkupText.escaped(text.statement))</system-out>",
                "    </testcase>",
            ]
        }
    }

    private static func element(
        _ group: String, _ name: String, _ time: String, _ kind: String, _ message: String, _ more: String?
    ) -> [String] {
        let content = MarkupText.escaped([message, more].compactMap { $0 }.joined(separator: "\n"))
        let type = kind == "error" ? "inconclusive" : "leak"
        return [
            "    <testcase\(identity(group, name, time))>",
            "      <\(kind)\(attributes([("message", message), ("type", type)]))>\(content)</\(kind)>",
            "    </testcase>",
        ]
    }

    private static func identity(_ group: String, _ name: String, _ time: String) -> String {
        attributes([("classname", group), ("name", name), ("time", time)])
    }

    private static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { " \($0.0)=\"\(MarkupText.escaped($0.1))\"" }.joined()
    }

    /// The seconds for which a row was observed, from its first sample to its last.
    private static func rowSeconds(_ result: CheckResult, _ row: CheckResult.Row) -> String {
        let samples = result.samples(of: row)
        guard let first = samples.first, let last = samples.last else { return "0" }
        return seconds(last.seconds - first.seconds)
    }

    private static func seconds(_ value: Double) -> String { Amount.count(value) }
}
