import Fleet
import LeakStatistics

/// How the fleet was judged, for those who want to know.
extension FleetPage {
    /// What was asked for and found, by name.
    var settings: [(name: String, value: String)] {
        var items = result.headings.filter { $0.name != "note" }
        if let label = result.groupLabel { items.append(("grouped by", label)) }
        let metrics = result.findings.reduce(into: [String]()) { known, finding in
            let words = "\(finding.resource.words): \(finding.metric)"
            if !known.contains(words) { known.append(words) }
        }
        items.append(("read", metrics.joined(separator: ", ")))
        return items + [("took", Amount.seconds((result.durationSeconds * 100).rounded() / 100))]
    }

    /// The command that asks again.
    var reproducer: [String] { result.reproducer.map { [Markup.command("Ask again", $0)] } ?? [] }

    /// The words of the page that are not everyday ones, folded away.
    var words: String {
        Markup.folded(
            "Words",
            [
                Markup.definitions([
                    ("life", "one process of a pod, from its start or the start of the time to its end"),
                    ("leak", "growth that follows the connections a pod accepted, and goes on through quiet times"),
                    ("clean < x", "a leak of x or more would have been seen"),
                    ("inconclusive", "neither; the report says why, and what would decide it"),
                    ("baseline", "the pods with which the others are compared"),
                    ("quiet time", "hours with clearly fewer connections than those around them, as at night"),
                ])
            ])
    }

    /// The method, in a paragraph.
    var method: String {
        """
        <p>What open connections hold, and those of the last hour, is taken out of each reading. In each block of time the \
        lowest level counts, and of these the smallest from each on: what is given back later was never lost. The first half \
        of a life is warming up. Growth per connection is the slope against connections accepted, with an effect for each \
        life; its 99% interval comes from resampling pods. It counts as a leak only if it follows connections and not the \
        hours, in most pods, without slowing down, and stayed through two quiet times.</p>
        """
    }
}
