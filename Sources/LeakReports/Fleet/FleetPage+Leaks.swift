import Fleet
import LeakStatistics

/// A card for each leak: how much, how sure, until when, and how to see it again; and what is said of the rest.
extension FleetPage {
    /// So many have a card; the table has all of them.
    private static let mostCards = 40

    /// One for each leak, those of the baseline after the others.
    var leakCards: [String] {
        let leaks = result.leaks + result.findings.filter { $0.verdict == .leak && $0.isBaseline }
        let cards = leaks.prefix(Self.mostCards).enumerated().map(leakCard)
        guard leaks.count > Self.mostCards else { return cards }
        return cards + ["<p class=\"quiet\">\(leaks.count - Self.mostCards) more are in the table below.</p>"]
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
        for finding in result.findings where finding.verdict == .inconclusive {
            let text = FleetText(finding)
            if remarks[text.statement] == nil { order.append(text.statement) }
            remarks[text.statement, default: []].append(text.subject)
        }
        let doubts = order.prefix(Self.mostCards).map { words in
            let subjects = remarks[words] ?? []
            let title = subjects.count == 1 ? subjects[0] : "\(subjects.count) findings"
            return Markup.article(
                "inconclusive",
                "\(Markup.badge(.inconclusive, Verdict.inconclusive.rawValue)) \(escaped(title))",
                ["<p>\(escaped(words))</p>"]
                    + (subjects.count == 1
                        ? [] : ["<p class=\"names\">\(escaped(subjects.joined(separator: "; ")))</p>"]))
        }
        let notes = result.allNotes
        let rest = order.count - Self.mostCards
        return doubts
            + (rest > 0 ? ["<p class=\"quiet\">\(rest) more are in the table above.</p>"] : [])
            + (notes.isEmpty ? [] : [Markup.article("inconclusive", "Of what was read", [Markup.list(notes)])])
    }
}
