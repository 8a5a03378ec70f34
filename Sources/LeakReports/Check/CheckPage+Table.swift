import LeakCheck
import LeakStatistics
import Lifecycles

/// The table of verdicts: a line for each row. On a narrow screen each row is a block of its own.
extension CheckPage {
    /// The whole table.
    var matrix: String { table(result.rows.indices.map { tableRow(result.rows[$0], number: $0) }) }

    /// The table of `rows`, which are markup.
    func table(_ rows: [String]) -> String {
        let heads =
            [.init(name: "lifecycle"), .init(name: "connections", isNumber: true)]
            + result.resources.map { Markup.Head(name: $0.words) }
        return Markup.table(CheckResult.tableNote, heads, rows: rows)
    }

    /// One row that is decided, which leads to the plots of that number; nil where there are none yet.
    func tableRow(_ row: CheckResult.Row, number: Int?) -> String {
        let cells = row.resources.map { cell($0, of: row) }
        let counts = row.connections
        let failed = counts.outcomes.dropFirst().filter { $0.count > 0 }.map {
            "\(Amount.whole(Double($0.count))) \($0.name)"
        }
        let rest = failed.isEmpty ? "" : "<small>\(failed.joined(separator: ", "))</small>"
        let label = escaped(row.lifecycle.label)
        let name = number.map { "<a href=\"#row-\($0)\">\(label)</a>" } ?? label
        let isClean = row.resources.allSatisfy { $0.verdict == .clean }
        let summary = isClean ? "" : "<small>\(escaped(row.lifecycle.summary))</small>"
        let connections = Markup.number("connections", Amount.whole(Double(counts.completed)) + rest)
        return Markup.row(name + summary, [connections] + cells)
    }

    private func cell(_ finding: CheckResult.Finding, of row: CheckResult.Row) -> String {
        let words = FindingText(result, row, finding).cell
        let amount = words.dropFirst(finding.verdict.rawValue.count).drop { $0 == " " }
        let isExplained = row.explains(finding)
        let style = isExplained ? "explained" : finding.style
        // A clean cell has its sign alone; its word is for those who do not see it.
        let isQuiet = finding.verdict == .clean || isExplained
        let word = isExplained ? "explained by the leak" : finding.verdict.rawValue
        let sign = isExplained ? "↳" : finding.verdict.mark
        return Markup.verdict(
            finding.resource.words, style: style, sign: sign, word: word, amount: String(amount), isQuiet: isQuiet)
    }
}
