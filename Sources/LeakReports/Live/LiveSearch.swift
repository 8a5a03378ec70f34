import LeakStatistics
package import Search

/// A search that goes on, as a live page shows it: what was found, and what it follows.
package struct LiveSearch: LiveState {
    package static let partNames = ["heading", "now", "plots", "findings"]
    package static let title = "Watertight search"

    package private(set) var changes = LiveChanges()
    package private(set) var isOver = false
    private let budgetSeconds: Double
    private let firstNumber: Int
    private var target = ""
    private var progress: SearchProgress?
    private var findings: [(finding: SearchFinding, number: Int)] = []
    private var conclusion: String?
    private var scripts = LiveSeries()
    private var signatures = LiveSeries()

    /// A search that has not begun; findings are numbered from `firstNumber` on.
    package init(budgetSeconds: Double, from firstNumber: Int) {
        (self.budgetSeconds, self.firstNumber) = (budgetSeconds, firstNumber)
        changes.note("heading")
    }

    /// Adds what the search reports of its course.
    package mutating func add(_ progress: SearchProgress) {
        guard !isOver else { return }
        self.progress = progress
        // A point a second is enough for a plot of minutes.
        if progress.seconds - (scripts.points.last?.seconds ?? -.infinity) >= 1 {
            scripts.append(seconds: progress.seconds, level: Double(progress.counts.scripts))
            signatures.append(seconds: progress.seconds, level: Double(progress.signatures))
            changes.note("plots")
        }
        changes.note("now")
    }

    /// Adds what the search has learned.
    package mutating func add(_ event: SearchEvent) {
        switch event {
        case .began(let target, let runtime, _):
            self.target = "\(target) (\(runtime))"
            changes.note("heading")
        case .found(let finding, let number):
            findings.append((finding, number + firstNumber - 1))
            changes.note("heading", "findings")
        case .kept, .tried: break
        case .ended(let result):
            isOver = true
            conclusion =
                SearchReport(result, reproducers: result.findings.map { _ in nil }, from: firstNumber).conclusion
            changes.note("heading", "now")
        }
    }

    package func markup(of part: String) -> String {
        switch part {
        case "heading": return heading
        case "now": return now
        case "plots": return plots
        case "findings": return found
        default: return ""
        }
    }

    private var heading: String {
        let words = conclusion ?? (findings.isEmpty ? "nothing found so far" : "\(findings.count) found so far")
        return """
            <div class="\(findings.contains { $0.finding.isDefect } ? "leak" : "begun")">
            <h1>\(MarkupText.escaped(words))</h1>
            <p class="target"><code>\(MarkupText.escaped(target))</code></p>
            </div>
            """
    }

    private var now: String {
        guard let progress, !isOver else { return "" }
        let bar = LiveMarkup.bar("Seconds of the budget", Int(near: progress.seconds), of: Int(near: budgetSeconds))
        let words = SearchProgressLine.words(progress, budgetSeconds: budgetSeconds)
        return Markup.section("now", "Now", [bar, LiveMarkup.facts(words)])
    }

    private var plots: String {
        let figures = [("scripts played", scripts, "scripts"), ("ways of answering", signatures, "ways")].map {
            let plot = TimePlot($1.points, unit: .units($2), title: "\($0) over time", identifier: "plot-\($2)")
            return Markup.figure($0, plot?.render())
        }
        return Markup.section("plots", "Over time", [Markup.figures(figures)])
    }

    private var found: String {
        guard !findings.isEmpty else { return "" }
        let cards = findings.map { finding, number in
            let words = SearchWords(finding, number: number)
            let text = SearchReport.paragraph(finding, number: number, reproducer: nil).dropFirst()
            return Markup.article(
                finding.isDefect ? "leak" : "inconclusive",
                "<span class=\"badge \(finding.isDefect ? "leak" : "inconclusive")\">\(words.kind)</span> \(words.fileName)",
                [
                    "<p>\(MarkupText.escaped(words.headline))</p>",
                    "<pre><code>\(text.map(MarkupText.escaped).joined(separator: "\n"))</code></pre>",
                ])
        }
        return Markup.section("findings", "What was found", cards)
    }
}
