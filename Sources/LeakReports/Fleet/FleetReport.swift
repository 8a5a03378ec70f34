package import Fleet
import LeakStatistics

/// What a fleet came to as a table for the terminal.
package struct FleetReport {
    private let result: FleetResult
    private let style: Style

    /// A report of `result`, in color or not.
    package init(_ result: FleetResult, usesColour: Bool) {
        self.result = result
        style = Style(usesColour: usesColour)
    }

    /// The table, a sentence for each leak and each doubt, then the verdict; ends with a newline.
    package func render() -> String {
        var lines = result.headings.map { name, value in
            name + String(repeating: " ", count: max(2, 13 - name.count)) + value.withoutControls
        }
        let excerpt = FleetExcerpt(result.findings)
        lines += [""] + table(excerpt)
        let leaks = excerpt.shown.filter { $0.verdict == .leak }
        let doubts = excerpt.shown.filter { $0.verdict == .inconclusive }
        let sentences = (leaks + doubts).compactMap { finding in
            FleetText(finding).sentence.map {
                finding.verdict == .leak && !finding.isBaseline ? style.paint($0, .red) : $0
            }
        }
        if !sentences.isEmpty { lines += [""] + sentences }
        lines += ["", style.paint(result.conclusion, Style.colour(of: result.verdict))]
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ excerpt: FleetExcerpt) -> [String] {
        let (heading, rows) = result.table(of: excerpt.shown)
        let left = heading.count - 4
        func cell(_ text: String, _ column: Int) -> TextTable.Cell {
            TextTable.Cell(text, column >= left && column < heading.count - 1 ? .right : .left)
        }
        var cells = [heading.enumerated().map { cell($1, $0) }]
        for (row, finding) in zip(rows, excerpt.shown) {
            var line = row.enumerated().map { cell($1, $0) }
            line[line.count - 1].colour = finding.verdict.map { Style.colour(of: $0) }
            cells.append(line)
        }
        return TextTable.lines(cells, style) + [excerpt.rest, FleetResult.tableNote].compactMap { $0 }
    }
}

extension FleetResult {
    static let tableNote = "amounts are per connection; after < stands the smallest leak that would have been seen"

    /// The table of text and Markdown: a row for each of `findings`.
    func table(of findings: [Finding]) -> (heading: [String], rows: [[String]]) {
        let heading = (groupLabel.map { [$0] } ?? []) + ["resource", "pods", "lives", "connections", "verdict"]
        let rows = findings.map { finding -> [String] in
            let group = (finding.groupName ?? "") + (finding.isBaseline ? " (baseline)" : "")
            let facts = [
                finding.resource.rawValue, "\(finding.pods)", "\(finding.lives)", Amount.whole(finding.connections),
                FleetText(finding).cell,
            ]
            return groupLabel == nil ? facts : [group] + facts
        }
        return (heading, rows)
    }

    /// What every report begins with.
    var headings: [(name: String, value: String)] {
        var lines = [
            ("fleet", selector.isEmpty ? "all that Prometheus has" : selector),
            (
                "time",
                "\(FleetTime.text(time.lowerBound)) to \(FleetTime.text(time.upperBound)), a reading in \(Amount.seconds(step))"
            ),
            ("connections", connections + (open.map { ", open ones \($0)" } ?? "")),
        ]
        if let baseline { lines.append(("baseline", baseline.text)) }
        return lines + allNotes.map { ("note", $0) }
    }

    /// The last line of every report.
    var conclusion: String {
        let words =
            switch verdict {
            case .leak: "leak: \(listed(leaks))"
            case .clean: "clean: no connection leaves anything behind"
            case .inconclusive: "inconclusive: no leak was found, and not all could be judged"
            }
        return words + (interruption.map { "; \($0.cause.brief)" } ?? "")
    }

    /// What leaks beyond what the baseline does.
    var leaks: [Finding] { findings.filter { $0.verdict == .leak && !$0.isBaseline } }

    /// What the reader should know, a line each.
    var allNotes: [String] { notes.map(\.words) + [interruptionWords].compactMap { $0 } }

    /// The subjects where they are few, otherwise the worst of them and their number.
    private func listed(_ leaks: [Finding]) -> String {
        let excerpt = FleetExcerpt(leaks, most: leaks.count > 8 ? 6 : 8)
        let more = leaks.count - excerpt.shown.count
        return excerpt.shown.map { FleetText($0).subject }.joined(separator: ", ")
            + (more > 0 ? " and \(more) more" : "")
    }
}
