import LeakCheck
import LeakStatistics
import Lifecycles

/// The parts of the page: of what is decided they are those of the report.
extension LiveCheck {
    package func markup(of part: String) -> String {
        let page = result.map { CheckPage(result: $0) }
        switch part {
        case "heading": return heading(page)
        case "now": return isOver ? "" : now
        case "sockets": return isOver ? "" : LiveMarkup.sockets(sockets)
        case "plots": return isOver ? "" : plots
        case "leaks": return page.map { sections([.leaks], of: $0) } ?? ""
        case "verdicts": return page.map { isOver ? sections([.stalls, .verdicts], of: $0) : table($0) } ?? ""
        case "rest": return page.map { sections([.remarks, .plots, .method], of: $0) } ?? ""
        default: return ""
        }
    }

    private func sections(_ wanted: [CheckPage.Part], of page: CheckPage) -> String {
        page.parts.filter { wanted.contains($0.part) }
            .map { Markup.section($0.part.rawValue, $0.part.title, $0.content) }.joined(separator: "\n")
    }

    private func heading(_ page: CheckPage?) -> String {
        guard let page else { return "<h1>Looking at the target</h1>" }
        if isOver { return "<div class=\"\(page.style)\">\(page.heading)</div>" }
        let leaks = page.result.rows.contains { $0.resources.contains { $0.verdict == .leak } }
        let words = leaks ? page.result.conclusion : "no leak so far"
        let style = leaks ? page.style : "clean"
        let sentences = page.result.diagnosisTexts.map {
            "<p class=\"diagnosis\">So far: \(MarkupText.escaped($0.sentence))</p>"
        }
        return """
            <div class="\(leaks ? style : "begun")">
            <h1>\(MarkupText.escaped(words))</h1>
            \(sentences.joined(separator: "\n"))
            <p class="target"><code>\(MarkupText.escaped(page.result.target))</code></p>
            </div>
            """
    }

    /// What is being done, and how far it has come.
    private var now: String {
        guard let progress else { return "" }
        let bar = LiveMarkup.bar("Rows decided", progress.decided, of: progress.rows)
        let words = line.words(progress, budgetSeconds: budgetSeconds).filter { !$0.isEmpty }
        let items = words.map { "<li>\(MarkupText.escaped($0))</li>" }
        return Markup.section("now", "Now", [bar, "<ul class=\"tally\">\(items.joined())</ul>"])
    }

    /// The plots of the row that is driven, or rests.
    private var plots: String {
        guard let progress, let result, let samples = samples[progress.lifecycle] else { return "" }
        let figures = result.resources.enumerated().map { column, resource in
            let plot = GrowthPlot(
                undecided: samples, resource, Markup.size(ofFigure: column, of: result.resources.count),
                label: progress.lifecycle, identifier: "now-\(column)")
            return Markup.figure(MarkupText.escaped("\(progress.lifecycle), \(resource.words)"), plot?.render())
        }
        return Markup.figures(figures)
    }

    /// The table, with the rows that are not decided in their places.
    private func table(_ page: CheckPage) -> String {
        let decided = Dictionary(page.result.rows.map { ($0.lifecycle.label, $0) }) { first, _ in first }
        let lines = rows.map { row in
            decided[row.label].map { page.tableRow($0, number: nil) } ?? undecided(row.label, page)
        }
        return Markup.section("verdicts", CheckPage.Part.verdicts.title, [page.table(lines)])
    }

    private func undecided(_ label: String, _ page: CheckPage) -> String {
        let word: String
        if progress?.suspects.contains(where: { $0.lifecycle == label }) == true {
            word = "suspected, rests"
        } else if progress?.lifecycle == label {
            word = "is driven"
        } else {
            word = samples[label] == nil ? "waits" : "goes on later"
        }
        return "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">\(MarkupText.escaped(label))</th>"
            + "<td role=\"cell\" class=\"waiting\" colspan=\"\(page.result.resources.count + 1)\">\(word)</td></tr>"
    }
}
