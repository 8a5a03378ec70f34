import LeakCheck
import LeakStatistics
import Lifecycles

/// The plots of each row, and how to read them.
extension CheckPage {
    /// What the lines and signs of a plot mean.
    var legend: String {
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

    /// The plots of one row, what leaks first; folded away unless it is the example of a leak, or in doubt.
    func rowPlots(_ number: Int) -> String {
        let row = result.rows[number]
        let ordered = row.resources.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
        let figures = ordered.enumerated().map { place, entry in
            let (column, finding) = entry
            let plot = GrowthPlot(
                result, row, finding, Markup.size(ofFigure: place, of: ordered.count),
                identifier: "plot-\(number)-\(column)")
            let caption = "\(Markup.badge(finding.verdict, finding.style)) \(escaped(finding.resource.words))"
            return Markup.figure(caption, plot?.render())
        }
        let verdict = Verdict.overall(row.resources.map(\.verdict))
        let summary =
            "\(Markup.badge(verdict, row.style)) <b>\(escaped(row.lifecycle.label))</b> "
            + "<span class=\"quiet\">\(escaped(row.lifecycle.summary))</span>"
        let isDoubtful = row.resources.contains { $0.verdict == .inconclusive && !row.explains($0) }
        return Markup.folded(
            summary, [Markup.figures(figures, identifier: "row-\(number)")],
            isOpen: isDoubtful || result.leakGroups.contains { $0.rows[0] == number })
    }
}

extension CheckResult.Row {
    /// The class under which a page shows it.
    var style: String {
        let verdict = Verdict.overall(resources.map(\.verdict))
        let isKnown = verdict == .leak && resources.allSatisfy { $0.verdict != .leak || $0.knownLeak != nil }
        return isKnown ? "known" : verdict.rawValue
    }
}

extension CheckResult.Finding {
    /// Its place among the findings of its row.
    fileprivate var rank: Int {
        switch verdict {
        case .leak: 0
        case .inconclusive: 1
        case .clean: 2
        }
    }
}
