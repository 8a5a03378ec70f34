import Fleet
import LeakStatistics

/// A card for each of the worst leaks: how much, how sure, until when, and how to see it again; and what is said of the rest.
extension FleetPage {
    /// So many have a card, each with a plot of some 20 KB; the table has more of them.
    private static let mostCards = 40
    /// So many subjects are named of which the same is said.
    private static let mostSubjects = 60

    /// One for each leak, those of the baseline after the others.
    var leakCards: [String] {
        let leaks = result.leaks + result.findings.filter { $0.verdict == .leak && $0.isBaseline }
        let excerpt = FleetExcerpt(leaks, most: Self.mostCards)
        let cards = excerpt.shown.enumerated().map(leakCard)
        let more = leaks.count - cards.count
        guard more > 0 else { return cards }
        let place =
            shown.count == groups.count
            ? "are in the table below" : "are less bad; the table below has the worst of them"
        return cards + ["<p class=\"quiet\">\(Amount.whole(Double(more))) more \(place).</p>"]
    }

    private func leakCard(_ number: Int, _ finding: FleetResult.Finding) -> String {
        let text = FleetText(finding)
        let base = baseline(of: finding)
        let facts = ([text.interval] + text.facts).compactMap { $0 } + comparison(finding)
        let plot = FleetPlot(finding, baseline: base?.curves, .large, identifier: "leak-\(number)")
        let figure = Markup.figure("What its pods held, less what open connections hold", plot?.render())
        let query = finding.query.isEmpty ? "" : Markup.command("See it in Prometheus", finding.query)
        let words = [Markup.leak(text.amount, facts), query]
        let title = [finding.groupName, finding.resource.words].compactMap { $0 }.joined(separator: ", ")
        return Markup.article(
            finding.style, "\(Markup.badge(.leak, finding.style)) \(escaped(title))",
            [Markup.split(words, [figure, leftOut(finding.curves)])])
    }

    /// What others are beside it, at most a few of them: the baseline first.
    private func comparison(_ finding: FleetResult.Finding) -> [String] {
        let others = result.findings.filter { $0.resource == finding.resource && $0.group != finding.group }
        let ordered = others.filter(\.isBaseline) + others.filter { !$0.isBaseline }
        let most = 4
        let words = ordered.prefix(most).map { other in
            "\(other.groupName ?? "")\(other.isBaseline ? ", the baseline" : ""): \(FleetText(other).cell)"
        }
        return words + (others.count > most ? ["\(others.count - most) more groups are in the table"] : [])
    }

    /// What a plot does not show, in words; nothing where it shows all.
    func leftOut(_ curves: PodCurves) -> String {
        guard !curves.leftOut.isEmpty else { return "" }
        let most = 12
        let names = curves.leftOut.prefix(most).joined(separator: ", ")
        let more = curves.leftOut.count > most ? " and \(curves.leftOut.count - most) more" : ""
        return
            "<p class=\"names\">\(curves.shown.count) of \(curves.shown.count + curves.leftOut.count) pods are drawn, evenly "
            + "by the connections that they accepted; left out: \(escaped(names + more))</p>"
    }

    /// What is said of findings that are no leak, each once for all of which it is said, and what is missing.
    var remarkCards: [String] {
        var order: [String] = []
        var remarks: [String: [String]] = [:]
        for finding in FleetExcerpt.worstFirst(result.findings) where finding.verdict == .inconclusive {
            let text = FleetText(finding)
            if remarks[text.statement] == nil { order.append(text.statement) }
            remarks[text.statement, default: []].append(text.subject)
        }
        let doubts = order.prefix(Self.mostCards).map { words in
            let subjects = remarks[words] ?? []
            let title = subjects.count == 1 ? subjects[0] : "\(Amount.whole(Double(subjects.count))) findings"
            let more = subjects.count - Self.mostSubjects
            let names =
                subjects.prefix(Self.mostSubjects).joined(separator: "; ")
                + (more > 0 ? " and \(Amount.whole(Double(more))) more" : "")
            return Markup.article(
                "inconclusive",
                "\(Markup.badge(.inconclusive, Verdict.inconclusive.rawValue)) \(escaped(title))",
                ["<p>\(escaped(words))</p>"]
                    + (subjects.count == 1
                        ? [] : ["<p class=\"names\">\(escaped(names))</p>"]))
        }
        let notes = result.allNotes
        let rest = order.count - Self.mostCards
        return doubts
            + (rest > 0 ? ["<p class=\"quiet\">\(Amount.whole(Double(rest))) more doubts have no card.</p>"] : [])
            + (notes.isEmpty ? [] : [Markup.article("inconclusive", "Of what was read", [Markup.list(notes)])])
    }
}
