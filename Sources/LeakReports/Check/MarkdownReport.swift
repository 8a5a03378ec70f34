public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's result as GitHub-flavoured Markdown, for the summary of a CI job.
public struct MarkdownReport {
    /// The verdict, the diagnosis, the table, a paragraph for each leak and each doubt, and how it was measured; ends with a newline.
    public static func render(_ result: CheckResult) -> String {
        var blocks = ["## \(result.verdict.mark) Watertight: \(MarkupText.markdown(result.conclusion))"]
        blocks += result.diagnosisTexts.map { "**Diagnosis:** \(MarkupText.markdown($0.sentence))" }
        blocks.append(table(result))
        blocks.append(MarkupText.markdown(CheckResult.tableNote))
        blocks += result.stalls.map { "**\(Verdict.inconclusive.mark) \(MarkupText.markdown($0.statement))**" }
        blocks += result.leakGroupTexts.flatMap(leak)
        for (_, finding, text) in result.findingTexts where finding.verdict != .leak && finding.remark != nil {
            blocks.append("\(finding.verdict.mark) \(MarkupText.markdown(text.paragraph))")
        }
        blocks.append(method(result))
        return blocks.joined(separator: "\n\n") + "\n"
    }

    /// What one row leaks, or several: then one of them is the example.
    private static func leak(_ group: LeakGroupText) -> [String] {
        func bold(_ text: String) -> String { "**\(Verdict.leak.mark) \(MarkupText.markdown(text))**" }
        let paragraphs = group.findings.map(\.text.paragraph)
        let causes = group.causes.map { "- \(MarkupText.markdown($0))" }.joined(separator: "\n")
        let rest = (causes.isEmpty ? [] : [causes]) + (group.example.reproducer.map { [fenced($0)] } ?? [])
        guard let summary = group.summary else { return paragraphs.map(bold) + rest }
        return [bold(summary), MarkupText.markdown(group.names)]
            + paragraphs.map { "For example \(MarkupText.markdown($0))" } + rest
    }

    private static func table(_ result: CheckResult) -> String {
        let heading = ["lifecycle", "connections"] + result.resources.map(\.rawValue)
        let rows = result.rows.map { row in
            [row.lifecycle.label, Amount.whole(Double(row.connections.completed))]
                + row.resources.map { "\($0.verdict.mark) \(FindingText(result, row, $0).cell)" }
        }
        return MarkupText.markdownTable(
            heading.map(MarkupText.markdown), ["---", "---:"] + result.resources.map { _ in "---" },
            rows.map { $0.map(MarkupText.markdown) })
    }

    private static func method(_ result: CheckResult) -> String {
        var items = [
            ("target", "\(result.target) (\(result.runtime))"), ("isolation", result.isolation.words),
            (
                "course",
                "\(Amount.seconds(result.durationSeconds)) of \(Amount.seconds(result.budgetSeconds)), "
                    + "\(result.concurrency) connections at a time, seed \(result.seed), begun \(result.startedAt)"
            ),
        ]
        if let environment = result.environment { items.append(("environment", environment)) }
        items += result.allNotes.map { ("note", $0) }
        items.append(("version", ToolVersion.current))
        return items.map { "- \($0.0): \(MarkupText.markdown($0.1))" }.joined(separator: "\n")
    }

    /// A command in a fence longer than any run of backticks in it, so that none ends it.
    private static func fenced(_ command: String) -> String {
        var (longest, current) = (2, 0)
        for character in command {
            current = character == "`" ? current + 1 : 0
            longest = max(longest, current)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence)sh\n\(command)\n\(fence)"
    }
}

extension Verdict {
    /// A sign beside the word, for readers who see no color.
    var mark: String {
        switch self {
        case .clean: "✓"
        case .leak: "✗"
        case .inconclusive: "?"
        }
    }
}
