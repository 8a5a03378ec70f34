package import Fleet
import LeakStatistics

/// What a fleet came to as Markdown, for the summary of a CI job.
package struct FleetMarkdown {
    /// The text.
    package static func render(_ result: FleetResult) -> String {
        let excerpt = FleetExcerpt(result.findings)
        let (heading, rows) = result.table(of: excerpt.shown)
        let marked = zip(rows, excerpt.shown).map { row, finding in
            row.dropLast() + ["\(finding.verdict?.mark ?? "") \(row.last ?? "")"]
        }
        var blocks = ["## \(result.verdict.mark) \(MarkupText.markdown(result.conclusion))"]
        blocks.append(
            MarkupText.markdownTable(heading, heading.map { _ in "---" }, marked.map { $0.map(MarkupText.markdown) }))
        blocks += [excerpt.rest, FleetResult.tableNote].compactMap { $0 }.map(MarkupText.markdown)
        for finding in excerpt.shown {
            guard let sentence = FleetText(finding).sentence, let verdict = finding.verdict else { continue }
            let text = "\(verdict.mark) \(MarkupText.markdown(sentence))"
            blocks.append(verdict == .leak && !finding.isBaseline ? "**\(text)**" : text)
        }
        blocks.append(
            result.headings.map { "- \($0.name): \(MarkupText.markdown($0.value))" }.joined(separator: "\n"))
        return blocks.joined(separator: "\n\n") + "\n"
    }
}
