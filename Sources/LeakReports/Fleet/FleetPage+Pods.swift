import Fleet
import LeakStatistics

/// The plots of each group, its pods with their lives, and how to read them.
extension FleetPage {
    /// So many plots a page has beside those of the cards; a fleet can have as many groups as pods.
    private static let mostPlots = 60
    /// So many pods are listed of a group.
    private static let mostPods = 100
    /// So many rows all tables of pods have together: some 600 KB, which no reader sees before unfolding one.
    private static let mostPodRows = 2000
    /// So many restarts are told of a pod.
    private static let mostRestarts = 3

    // MARK: Plots

    /// The plots of each group that has a row, what leaks first and the baseline last; folded away where nothing leaks and nothing is in doubt.
    var plots: [String] {
        let ordered =
            shown.count < groups.count ? shown : groups.sorted { ($0.rank, $0.number) < ($1.rank, $1.number) }
        var count = 0
        let drawn = ordered.prefix { group in
            count += group.findings.count
            return count <= Self.mostPlots
        }
        let rest = ordered.dropFirst(drawn.count).map { group in
            // The table leads here.
            "<p class=\"quiet\" id=\"group-\(group.number)\">\(escaped(group.name)): no plot, as there are too many "
                + "groups; ask about it alone</p>"
        }
        return [legend] + drawn.map(groupPlots) + rest
    }

    private func groupPlots(_ group: Group) -> String {
        let ordered = group.findings.filter { $0.verdict == .leak } + group.findings.filter { $0.verdict != .leak }
        let figures = ordered.enumerated().map { place, finding in
            let plot = FleetPlot(
                finding, baseline: baseline(of: finding)?.curves, Markup.size(ofFigure: place, of: ordered.count),
                identifier: "plot-\(group.number)-\(place)")
            let caption =
                "\(Markup.badge(finding.verdict ?? .inconclusive, finding.style)) \(escaped(finding.resource.words))"
            return Markup.figure(caption, plot?.render())
        }
        let summary =
            "\(Markup.badge(group.verdict, group.isBaseline && group.verdict == .leak ? "known" : group.verdict.rawValue)) "
            + "<b>\(escaped(group.name))</b> <span class=\"quiet\">\(escaped(group.facts))</span>"
        return Markup.folded(
            summary, [Markup.figures(figures, identifier: "group-\(group.number)"), leftOut(ordered[0].curves)],
            isOpen: group.verdict != .clean)
    }

    /// What the lines of a plot mean.
    private var legend: String {
        let baseline =
            result.findings.contains(where: \.isBaseline)
            ? """

            <li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="pod other" d="M1 6H27"/></svg>the baseline</li>
            """ : ""
        return """
            <p>Each line is one life of a pod: what its process held, less what open connections hold, against the connections \
            that it had accepted. A leak climbs on at its rate to the right edge; a cache fills and stops. Point at a line to \
            read its name.</p>
            <ul class="legend">
            <li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="pod" d="M1 9L27 3"/></svg>the half of a life that is \
            judged</li>
            <li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="pod early" d="M1 9L27 3"/></svg>warming up, not \
            judged</li>
            <li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="band" d="M1 10L27 0V8Z"/>\
            <path class="fit" d="M1 10L27 4"/></svg>growth per connection, 99% band</li>\(baseline)
            </ul>
            """
    }

    // MARK: Pods

    /// A table of pods for each group that has a row, folded away.
    var podTables: [String] {
        var groups: [(name: String, pods: [FleetPod])] = []
        for pod in result.pods {
            let name = pod.group.map(FleetResult.name(ofGroup:)) ?? "fleet"
            if groups.last?.name == name {
                groups[groups.count - 1].pods.append(pod)
            } else {
                groups.append((name, [pod]))
            }
        }
        return bounded(groups)
    }

    /// The tables of the groups that have a row, as far as they go.
    private func bounded(_ groups: [(name: String, pods: [FleetPod])]) -> [String] {
        let names = Set(shown.map { $0.findings[0].groupName ?? "fleet" })
        var rows = 0
        let listed = groups.filter { names.contains($0.name) }.prefix { group in
            rows += min(group.pods.count, Self.mostPods)
            return rows <= Self.mostPodRows
        }
        let rest = groups.count - listed.count
        return listed.map { podTable($0.name, $0.pods) }
            + (rest > 0
                ? ["<p class=\"quiet\">The pods of \(Amount.whole(Double(rest))) more groups are left out.</p>"] : [])
    }

    private func podTable(_ name: String, _ pods: [FleetPod]) -> String {
        let ordered = pods.sorted { ($1.connections, $0.name) < ($0.connections, $1.name) }
        let lives = pods.reduce(0) { $0 + $1.lives.count }
        let table = Markup.table(
            "those of most connections first; times are UTC",
            ["pod", "connections", "an hour", "read from", "until", "lives", "begun anew"],
            ordered.prefix(Self.mostPods).map(row))
        let rest = pods.count - Self.mostPods
        let summary = "<b>\(escaped(name))</b> <span class=\"quiet\">\(pods.count) pods, \(lives) lives</span>"
        return Markup.folded(
            summary, [table] + (rest > 0 ? ["<p class=\"quiet\">\(rest) pods more are left out.</p>"] : []))
    }

    private func row(_ pod: FleetPod) -> [String] {
        let hours = pod.lives.reduce(0) { $0 + ($1.time.upperBound - $1.time.lowerBound) } / 3600
        let begins = pod.lives.map(\.time.lowerBound).sorted()
        let end = pod.lives.map(\.time.upperBound).max() ?? 0
        let restarts = begins.dropFirst()
        let more = restarts.count > Self.mostRestarts ? " and \(restarts.count - Self.mostRestarts) more" : ""
        return [
            pod.name, Amount.whole(pod.connections), hours > 0 ? Amount.whole((pod.connections / hours).rounded()) : "",
            FleetTime.minute(begins.first ?? end), FleetTime.minute(end), "\(pod.lives.count)",
            restarts.prefix(Self.mostRestarts).map(FleetTime.minute).joined(separator: ", ") + more,
        ]
    }
}
