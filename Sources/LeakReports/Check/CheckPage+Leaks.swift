import Causes
import LeakCheck
import LeakStatistics
import Lifecycles

/// A card for each leak: what it is, where it comes from, how it grows, and how to see it again.
extension CheckPage {
    /// One for each leak that can be told apart, the known ones after the others.
    var leakCards: [String] {
        let groups = result.leakGroupTexts
        let ordered = groups.filter { !$0.isKnown } + groups.filter(\.isKnown)
        return ordered.enumerated().map(leakCard)
    }

    private func leakCard(_ number: Int, _ group: LeakGroupText) -> String {
        let style = group.isKnown ? "known" : Verdict.leak.rawValue
        let words = [summary(group)] + leaks(group) + [cause(group), reproducer(group)]
        let plots = group.findings.enumerated().map { index, pair in
            let plot = GrowthPlot(
                result, group.example, pair.finding, .large, identifier: "leak-\(number)-\(index)")
            let caption = "\(group.example.lifecycle.label), \(pair.finding.resource.words)"
            return Markup.figure(escaped(caption), plot?.render())
        }
        let body = Markup.split(words, plots)
        let title = "\(Markup.badge(.leak, style)) \(escaped(group.subject)), \(escaped(group.resources))"
        return Markup.article(style, title, [body] + explained(group))
    }

    /// What several rows have in common, with links to them.
    private func summary(_ group: LeakGroupText) -> String {
        guard let summary = group.summary else { return "" }
        let links = group.rows.map { "<a href=\"#row-\($0.index)\">\(escaped($0.row.lifecycle.label))</a>" }
        return "<p>\(escaped(summary))</p>\n<p class=\"names\">\(links.joined(separator: ", "))</p>\n"
            + "<p class=\"label\">For example \(escaped(group.example.lifecycle.label))</p>"
    }

    /// Each amount with what is known of it; what holds for all of them stands once, below.
    private func leaks(_ group: LeakGroupText) -> [String] {
        let texts = group.findings.map(\.text)
        let shared =
            texts.count == 1 ? [] : texts[0].facts.filter { fact in texts.allSatisfy { $0.facts.contains(fact) } }
        return texts.map { text in
            Markup.leak(text.amount, [text.interval].compactMap { $0 } + text.facts.filter { !shared.contains($0) })
        } + (shared.isEmpty ? [] : ["<p class=\"label\">All of it</p>\n" + Markup.list(shared)])
    }

    /// The causes of the example's leak, each with the chain of its holders as boxes.
    private func cause(_ group: LeakGroupText) -> String {
        guard !group.causes.isEmpty else { return "" }
        let chains = group.shownCauses.map(chain)
        let items = group.causes.enumerated().map { index, line in
            "<li>\(escaped(line))\(index < chains.count ? chains[index] : "")</li>"
        }
        return "<p class=\"label\">Cause</p>\n<ul class=\"causes\">\n\(items.joined(separator: "\n"))\n</ul>"
    }

    private func chain(_ cause: Cause) -> String {
        guard cause.holders.count > 1 else { return "" }
        let holders = cause.holders.map { "<li><b>\(escaped($0.edge))</b> \(escaped($0.type))</li>" }
        let thing = "<li class=\"left\">\(escaped(cause.what))</li>"
        return "\n<ol class=\"chain\" aria-label=\"Chain of holders\">\(holders.joined())\(thing)</ol>"
    }

    private func reproducer(_ group: LeakGroupText) -> String {
        group.example.reproducer.map { Markup.command("See it again", $0) } ?? ""
    }

    /// What this leak explains of other readings of its rows, folded away; nothing where it explains none.
    private func explained(_ group: LeakGroupText) -> [String] {
        let texts = group.rows.flatMap { _, row in
            row.resources.filter { row.explains($0) }.map { finding in
                "\(row.lifecycle.label), \(finding.resource.words): \(FindingText(result, row, finding).statement)"
            }
        }
        guard !texts.isEmpty else { return [] }
        let items = texts.map { "<li>\(escaped($0))</li>" }.joined(separator: "\n")
        let count = texts.count == 1 ? "one reading" : "\(texts.count) readings"
        return [Markup.folded("It explains \(count) more", ["<ul class=\"facts\">\n\(items)\n</ul>"])]
    }
}
