import LeakCheck
import LeakStatistics
import Targets

/// How the check was done, for those who want to know.
extension CheckPage {
    /// What was chosen and found, by name.
    var settings: [(name: String, value: String)] {
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
        return items
    }

    /// The words of the page that are not everyday ones, folded away.
    var words: String {
        Markup.folded(
            "Words",
            [
                Markup.definitions([
                    (
                        "lifecycle",
                        "one way in which a connection begins, goes on and ends, such as a FIN without a Close frame"
                    ),
                    ("leak", "growth for each connection that goes on, survives a pause and comes again after it"),
                    ("clean < x", "a leak of x or more would have been detected"),
                    ("inconclusive", "neither; the report says why, and what would decide it"),
                    ("x?", "an amount that is suspected and was not confirmed"),
                    (
                        "live heap",
                        "what is in use on the heap after a collection, as the runtime or its allocator counts it"
                    ),
                    ("private memory", "memory that the processes alone have written to, swap included"),
                    ("pause", "a time in which nothing connects, so that what is only kept for a while is given back"),
                ])
            ])
    }

    /// The method, in a paragraph.
    var method: String {
        """
        <p>Connections were made over real sockets in blocks; after each the target settled and was read from \
        <code>/proc</code>. The first half of a row's connections is warm-up. In the second half the growth of the floor, the \
        smallest level at or after each sample, is estimated block by block. It counts as a leak only if its 99% interval \
        lies above what healthy servers show too, if it is there in most blocks and has not slowed down, and if it goes on \
        after a pause without giving back what was kept.</p>
        """
    }
}
