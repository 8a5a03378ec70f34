import LeakCheck
import LeakStatistics
import Lifecycles

/// The table of verdicts: a line for each row. On a narrow screen each row is a block of its own.
extension CheckPage {
    /// The whole table.
    var matrix: String { table(result.rows.indices.map { tableRow(result.rows[$0], number: $0) }) }

    /// The table of `rows`, which are markup.
    func table(_ rows: [String]) -> String {
        let heads = result.resources.map { "<th scope=\"col\" role=\"columnheader\">\(escaped($0.words))</th>" }
        return """
            <table role="table">
            <caption>\(escaped(CheckResult.tableNote))</caption>
            <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">lifecycle</th>\
            <th scope="col" role="columnheader" class="number">connections</th>\(heads.joined())</tr></thead>
            <tbody role="rowgroup">
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
            """
    }

    /// One row that is decided, which leads to the plots of that number; nil where there are none yet.
    func tableRow(_ row: CheckResult.Row, number: Int?) -> String {
        let cells = row.resources.map { "<td role=\"cell\" \(cell($0, of: row))</td>" }
        let counts = row.connections
        let failed = counts.outcomes.dropFirst().filter { $0.count > 0 }.map {
            "\(Amount.whole(Double($0.count))) \($0.name)"
        }
        let rest = failed.isEmpty ? "" : "<small>\(failed.joined(separator: ", "))</small>"
        let label = escaped(row.lifecycle.label)
        let name = number.map { "<a href=\"#row-\($0)\">\(label)</a>" } ?? label
        let isClean = row.resources.allSatisfy { $0.verdict == .clean }
        let summary = isClean ? "" : "<small>\(escaped(row.lifecycle.summary))</small>"
        return """
            <tr role="row"><th scope="row" role="rowheader">\(name)\
            \(summary)</th><td role="cell" class="number" data-name="connections">\
            \(Amount.whole(Double(counts.completed)))\(rest)</td>\(cells.joined())</tr>
            """
    }

    /// The attributes and the content of a cell.
    private func cell(_ finding: CheckResult.Finding, of row: CheckResult.Row) -> String {
        let words = FindingText(result, row, finding).cell
        let amount = words.dropFirst(finding.verdict.rawValue.count).drop { $0 == " " }
        let isExplained = row.explains(finding)
        let style = isExplained ? "explained" : finding.style
        // A clean cell has its sign alone; its word is for those who do not see it.
        let isQuiet = finding.verdict == .clean || isExplained
        let word = isExplained ? "explained by the leak" : finding.verdict.rawValue
        let sign = isExplained ? "↳" : finding.verdict.mark
        return
            "class=\"\(style)\" data-name=\"\(escaped(finding.resource.words))\"><span aria-hidden=\"true\">\(sign)</span> "
            + "<span\(isQuiet ? " class=\"unseen\"" : "")>\(word)</span> <span class=\"amount\">\(escaped(String(amount)))</span>"
    }
}
