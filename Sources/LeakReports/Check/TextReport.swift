public import LeakCheck
import LeakStatistics
import Lifecycles
import Targets

/// A check's result as a table for the terminal.
public struct TextReport {
    private let result: CheckResult
    private let style: Style

    /// Columns of the terminal; nil folds nothing.
    private let columns: Int?

    /// A report of `result`, in color or not; its paragraphs are folded where the terminal's `columns` are given.
    public init(_ result: CheckResult, usesColour: Bool, columns: Int? = nil) {
        self.result = result
        self.columns = columns
        style = Style(usesColour: usesColour)
    }

    /// The diagnosis, the table, then a paragraph for each leak and each doubt, then the verdict; ends with a newline.
    public func render() -> String {
        var lines = folded(result.diagnosisTexts.map { style.paint("diagnosis    \($0.sentence)", .red) })
        if !lines.isEmpty { lines.append("") }
        lines.append("target       \(result.target) (\(result.runtime))")
        lines.append("isolation    \(result.isolation.words)")
        lines += result.probes.map { probe in
            let name = probe.resource.words
            return name + String(repeating: " ", count: max(2, 13 - name.count)) + probe.source
        }
        if let environment = result.environment { lines.append("environment  \(environment)") }
        lines += folded(result.allNotes.map { "note         \($0)" })
        lines.append("")
        lines += table
        let remarks = self.remarks
        if !remarks.isEmpty { lines += [""] + remarks }
        lines += [""] + folded([conclusion])
        return lines.joined(separator: "\n") + "\n"
    }

    /// Paragraphs as lines that the terminal has room for.
    private func folded(_ paragraphs: [String]) -> [String] {
        guard let columns else { return paragraphs }
        return paragraphs.flatMap { FoldedText.lines($0, columns: columns) }
    }

    private var table: [String] {
        typealias Cell = TextTable.Cell
        var rows: [[Cell]] = [
            [Cell("lifecycle"), Cell("connections", .right)] + result.resources.map { Cell($0.rawValue) }
        ]
        for row in result.rows {
            rows.append(
                [Cell(row.lifecycle.label), Cell("\(row.connections.completed)", .right)]
                    + row.resources.map { finding in
                        Cell(FindingText(result, row, finding).cell, colour: Style.colour(of: finding))
                    })
        }
        return TextTable.lines(rows, style) + folded([CheckResult.tableNote])
    }

    /// A paragraph for each leak, one for each stall, then one for each doubt and other remark; the same words appear
    /// once, for all their rows.
    private var remarks: [String] {
        var doubts: [(words: String, paragraph: String, subjects: [String])] = []
        for (row, finding, text) in result.findingTexts where finding.verdict != .leak {
            if let remark = finding.remark {
                let words = "\(finding.verdict.rawValue): \(remark)"
                let subject = "\(row.lifecycle.label) \(finding.resource.rawValue)"
                if let index = doubts.firstIndex(where: { $0.words == words }) {
                    doubts[index].subjects.append(subject)
                } else {
                    doubts.append((words, text.paragraph, [subject]))
                }
            }
        }
        return result.leakGroupTexts.flatMap(leak)
            + folded(result.stalls.map { style.paint($0.statement, .yellow) })
            + folded(
                doubts.flatMap { doubt in
                    doubt.subjects.count == 1
                        ? [doubt.paragraph] : [doubt.words, "  " + doubt.subjects.joined(separator: ", ")]
                })
    }

    /// What one row leaks, or several: then one of them is the example.
    private func leak(_ group: LeakGroupText) -> [String] {
        let paragraphs = group.findings.map { ($0.text.paragraph, Style.colour(of: $0.finding)) }
        // The command is to be copied, so it stays on one line.
        let rest =
            folded(group.causes.map { "  \($0)" })
            + (group.example.reproducer.map { ["  reproduce: \($0)"] } ?? [])
        guard let summary = group.summary else { return folded(paragraphs.map(style.paint)) + rest }
        return folded(
            [style.paint(summary, group.isKnown ? .yellow : .red), "  \(group.names)"]
                + paragraphs.map { "  for example \($0.0)" }) + rest
    }

    private var conclusion: String {
        style.paint(result.conclusion, Style.colour(of: result))
            + " (\(Amount.seconds(result.durationSeconds)), seed \(result.seed))"
    }
}
