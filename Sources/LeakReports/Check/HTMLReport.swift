import Causes
public import LeakCheck
import LeakStatistics
import Lifecycles
import Targets

/// A check's result as one self-contained HTML page: no network, no script.
public struct HTMLReport {
    private let result: CheckResult

    /// The page, complete.
    public static func render(_ result: CheckResult) -> String { HTMLReport(result: result).page }

    private var page: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(result.verdict.rawValue): \(escaped(result.target)) – Watertight</title>
        <style>
        \(HTMLStyle.sheet)
        </style>
        </head>
        <body>
        <header class="\(result.verdictBesideKnown == result.verdict ? result.verdict.rawValue : "known")">
        <p class="product">Watertight leak check</p>
        <h1><span class="mark" aria-hidden="true">\(result.verdict.mark)</span> \(escaped(result.conclusion))</h1>
        \(diagnoses)
        <p class="target"><code>\(escaped(result.target))</code></p>
        <p class="course">\(escaped(course))</p>
        </header>
        <main>
        \(sections.joined(separator: "\n"))
        </main>
        <footer><p>Watertight \(ToolVersion.current) · seed \(result.seed)</p></footer>
        </body>
        </html>

        """
    }

    private var diagnoses: String {
        result.diagnosisTexts.map { "<p class=\"diagnosis\">\(escaped($0.sentence))</p>" }.joined(separator: "\n")
    }

    private var course: String {
        let connections = result.rows.reduce(0) { $0 + $1.connections.completed }
        return "\(Amount.whole(Double(connections))) connections in \(Amount.seconds(result.durationSeconds)), "
            + "\(result.startedAt)"
    }

    private var sections: [String] {
        var sections: [String] = []
        let all = result.leakGroupTexts
        // Known leaks come after the others.
        let leaks = all.filter { !$0.isKnown } + all.filter(\.isKnown)
        if !leaks.isEmpty { sections.append(section("leaks", "What leaks", leaks.map(leakCard))) }
        if !result.stalls.isEmpty {
            sections.append(section("stalls", "Where the target stalled", result.stalls.map(stallCard)))
        }
        sections.append(section("verdicts", "Every lifecycle and resource", [matrix]))
        let doubts = result.findingTexts.filter { $0.finding.verdict != .leak && $0.finding.remark != nil }
        if !doubts.isEmpty { sections.append(section("remarks", "What else is worth knowing", doubts.map(doubtCard))) }
        sections.append(section("plots", "What was measured", [legend] + result.rows.enumerated().map(plots)))
        sections.append(section("method", "How it was measured", [settings, method]))
        return sections
    }

    private func section(_ identifier: String, _ title: String, _ content: [String]) -> String {
        """
        <section aria-labelledby="\(identifier)">
        <h2 id="\(identifier)">\(title)</h2>
        \(content.joined(separator: "\n"))
        </section>
        """
    }

    /// What one row leaks, or several: then one of them is the example.
    private func leakCard(_ group: LeakGroupText) -> String {
        let style = group.isKnown ? "known" : Verdict.leak.rawValue
        var content = group.findings.map { finding, text in
            "<p>\(group.summary == nil ? "" : "For example ")\(escaped(text.paragraph))</p>"
        }
        if let summary = group.summary {
            let links = group.rows.map { "<a href=\"#row-\($0.index)\">\(escaped($0.row.lifecycle.label))</a>" }
            content.insert("<p>\(escaped(summary))</p>\n<p>\(links.joined(separator: ", "))</p>", at: 0)
        }
        content += causes(group)
        if let command = group.example.reproducer {
            content.append(
                "<p class=\"label\">Reproduce this row alone</p>\n<pre><code>\(escaped(command))</code></pre>")
        }
        return article(
            style, "\(badge(.leak, style)) \(escaped(group.subject)), \(escaped(group.resources))", content)
    }

    /// The causes of the example's leak, each with the chain of its holders as boxes.
    private func causes(_ group: LeakGroupText) -> [String] {
        guard !group.causes.isEmpty else { return [] }
        let chains = group.shownCauses.map(chain)
        let items = group.causes.enumerated().map { index, line in
            "<li>\(escaped(line))\(index < chains.count ? chains[index] : "")</li>"
        }
        return ["<p class=\"label\">Cause</p>\n<ul class=\"causes\">\n\(items.joined(separator: "\n"))\n</ul>"]
    }

    private func chain(_ cause: Cause) -> String {
        guard cause.holders.count > 1 else { return "" }
        let holders = cause.holders.map { "<li><b>\(escaped($0.edge))</b> \(escaped($0.type))</li>" }
        let thing = "<li class=\"left\">\(escaped(cause.what))</li>"
        return "\n<ol class=\"chain\" aria-label=\"Chain of holders\">\(holders.joined())\(thing)</ol>"
    }

    private func doubtCard(_ row: CheckResult.Row, _ finding: CheckResult.Finding, _ text: FindingText) -> String {
        article(
            finding.style, "\(badge(finding)) \(escaped(row.lifecycle.label)), \(escaped(finding.resource.words))",
            ["<p>\(escaped(text.statement))</p>"])
    }

    private func article(_ style: String, _ title: String, _ content: [String]) -> String {
        """
        <article class="card \(style)">
        <h3>\(title)</h3>
        \(content.joined(separator: "\n"))
        </article>
        """
    }

    private func stallCard(_ row: CheckResult.Row, _ statement: String) -> String {
        article("inconclusive", escaped(row.lifecycle.label), ["<p>\(escaped(statement))</p>"])
    }

    private func badge(_ finding: CheckResult.Finding) -> String { badge(finding.verdict, finding.style) }

    private func badge(_ verdict: Verdict, _ style: String) -> String {
        "<span class=\"badge \(style)\"><span aria-hidden=\"true\">\(verdict.mark)</span> \(verdict.rawValue)</span>"
    }

    // MARK: Table

    private var matrix: String {
        let heads = result.resources.map { "<th scope=\"col\">\(escaped($0.words))</th>" }.joined()
        return """
            <div class="scroll" tabindex="0" role="group" aria-label="Table of verdicts">
            <table>
            <caption>\(escaped(CheckResult.tableNote))</caption>
            <thead><tr><th scope="col">lifecycle</th><th scope="col" class="number">connections</th>\(heads)</tr></thead>
            <tbody>
            \(result.rows.enumerated().map(tableRow).joined(separator: "\n"))
            </tbody>
            </table>
            </div>
            """
    }

    private func tableRow(_ index: Int, _ row: CheckResult.Row) -> String {
        let cells = row.resources.map { finding in
            let cell = FindingText(result, row, finding).cell.dropFirst(finding.verdict.rawValue.count)
            let amount = cell.isEmpty ? "" : "<span class=\"amount\">\(escaped(String(cell.dropFirst())))</span>"
            return "<td class=\"\(finding.style)\"><a href=\"#row-\(index)\">\(badge(finding)) "
                + "\(amount)</a></td>"
        }
        let counts = row.connections
        let failed = counts.outcomes.dropFirst().filter { $0.count > 0 }.map {
            "\(Amount.whole(Double($0.count))) \($0.name)"
        }
        let rest = failed.isEmpty ? "" : "<br><small>\(failed.joined(separator: ", "))</small>"
        return
            "<tr><th scope=\"row\">\(escaped(row.lifecycle.label))<small>\(escaped(row.lifecycle.summary))</small></th>"
            + "<td class=\"number\">\(Amount.whole(Double(counts.completed)))\(rest)</td>\(cells.joined())</tr>"
    }

    // MARK: Plots

    private var legend: String {
        """
        <p>Each plot shows what the target's processes held against the connections made. A leak climbs on at its rate to \
        the right edge; a cache fills and stops. Point at a sample to read it.</p>
        <ul class="legend">
        <li><svg viewBox="0 0 28 12" aria-hidden="true"><circle class="measure" cx="8" cy="6" r="3"/>\
        <circle class="confirm" cx="20" cy="6" r="3"/></svg>samples, filled after the pause</li>
        <li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="floor" d="M1 9H14V4H27"/></svg>floor: never lower \
        again</li>
        <li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="band" d="M1 10L27 0V8Z"/>\
        <path class="fit" d="M1 10L27 4"/></svg>growth per connection, 99% band</li>
        <li><svg viewBox="0 0 28 12" aria-hidden="true"><rect class="warm-up" width="28" height="12"/></svg>warm-up, not \
        judged</li>
        <li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="pause" d="M14 0V12"/></svg>pause</li>
        </ul>
        """
    }

    private func plots(_ index: Int, _ row: CheckResult.Row) -> String {
        let figures = row.resources.enumerated().map { column, finding in
            let plot = GrowthPlot(result, row, finding, identifier: "plot-\(index)-\(column)")
            return """
                <figure>
                <figcaption>\(badge(finding)) \(escaped(finding.resource.words))</figcaption>
                \(plot?.render() ?? "<p class=\"empty\">nothing was measured</p>")
                </figure>
                """
        }
        let name = escaped(row.lifecycle.label)
        let grid = "<div class=\"figures\">\n\(figures.joined(separator: "\n"))\n</div>"
        if row.resources.allSatisfy({ $0.verdict == .clean && $0.remark == nil }) {
            return "<details id=\"row-\(index)\"><summary>\(name): clean</summary>\n\(grid)\n</details>"
        }
        return "<div class=\"row\" id=\"row-\(index)\"><h3>\(name)</h3>\n\(grid)\n</div>"
    }

    // MARK: Method

    private var settings: String {
        var items = [
            ("target", "\(result.target) (\(result.runtime))"), ("isolation", result.isolation.words),
            ("begun", result.startedAt),
            (
                "time",
                "\(Amount.seconds(result.durationSeconds)) of a budget of \(Amount.seconds(result.budgetSeconds))"
            ),
            ("concurrency", "\(result.concurrency) connections at a time"), ("seed", "\(result.seed)"),
        ]
        if let limit = result.descriptorLimit { items.append(("descriptor limit", Amount.whole(Double(limit)))) }
        items += result.probes.map { ($0.resource.words, $0.source) }
        if let environment = result.environment { items.append(("environment", environment)) }
        items += result.allNotes.map { ("note", $0) }
        let lines = items.map { "<div><dt>\(escaped($0.0))</dt><dd>\(escaped($0.1))</dd></div>" }
        return "<dl>\n\(lines.joined(separator: "\n"))\n</dl>"
    }

    private var method: String {
        """
        <p>Connections were made over real sockets in blocks; after each the target settled and was read from \
        <code>/proc</code>. The first half of a row's connections is warm-up. In the second half the growth of the floor, the \
        smallest level at or after each sample, is estimated block by block. It counts as a leak only if its 99% interval \
        lies above what healthy servers show too, if it is there in most blocks and has not slowed down, and if it goes on \
        after a pause without giving back what was kept.</p>
        """
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}

extension CheckResult.Finding {
    /// The class under which the page shows it.
    fileprivate var style: String { knownLeak == nil ? verdict.rawValue : "known" }
}
