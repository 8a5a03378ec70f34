package import LeakCheck
import LeakStatistics

/// A watch that goes on, as a live page shows it: each gauge with its change, and plots of what is judged.
package struct LiveWatch: LiveState {
    package static let partNames = ["heading", "now", "sockets", "plots", "gauges"]
    package static let title = "Watertight watch"

    package private(set) var changes = LiveChanges()
    package private(set) var isOver = false
    private var progress: Watch.Progress?
    private var result: WatchResult?
    /// What is plotted, in the order of the first sample.
    private var series: [(gauge: WatchGauge, levels: LiveSeries)] = []

    /// A watch that has not begun.
    package init() {
        changes.note("heading")
    }

    /// Adds a sample.
    package mutating func add(_ progress: Watch.Progress) {
        let tracks = progress.state.tracks
        if series.isEmpty {
            series = tracks.filter { $0.gauge.judged != nil || $0.gauge == .residentMemory }.map {
                ($0.gauge, LiveSeries())
            }
            changes.note("heading")
        }
        for index in series.indices {
            guard let track = tracks.first(where: { $0.gauge == series[index].gauge }) else { continue }
            series[index].levels.append(seconds: progress.sample.seconds, level: track.now)
        }
        self.progress = progress
        changes.note("now", "sockets", "plots", "gauges")
    }

    /// The watch is over, and came to this.
    package mutating func end(with result: WatchResult) {
        isOver = true
        self.result = result
        changes.note("heading", "now", "sockets", "gauges")
    }

    package func markup(of part: String) -> String {
        guard let progress else { return part == "heading" ? "<h1>Looking at the target</h1>" : "" }
        switch part {
        case "heading": return heading(progress)
        case "now": return isOver ? "" : now(progress)
        case "sockets": return sockets(progress)
        case "plots": return plots
        case "gauges": return Markup.section("gauges", "Every gauge", [table(progress)])
        default: return ""
        }
    }

    private func heading(_ progress: Watch.Progress) -> String {
        let words = result.map {
            "\($0.verdict.rawValue): \($0.verdict == .clean ? "nothing grew under this traffic" : "a watch cannot tell a leak")"
        }
        return """
            <div class="\(result?.verdict.rawValue ?? "begun")">
            <h1>\(MarkupText.escaped(words ?? "watching"))</h1>
            <p class="target"><code>\(MarkupText.escaped(progress.header.target))</code></p>
            </div>
            """
    }

    private func now(_ progress: Watch.Progress) -> String {
        let count = progress.processes == 1 ? "1 process" : "\(progress.processes) processes"
        return Markup.section(
            "now", "Now",
            [LiveMarkup.facts(["for \(Amount.clock(progress.state.seconds))", count, progress.header.runtime])])
    }

    private func sockets(_ progress: Watch.Progress) -> String {
        var states: [String: Int] = [:]
        for track in progress.state.tracks {
            if case .tcpState(let state) = track.gauge, track.now > 0 { states[state] = Int(near: track.now) }
        }
        return LiveMarkup.sockets(states)
    }

    private var plots: String {
        let figures = series.enumerated().map { index, entry in
            let unit: Axis.Unit = entry.gauge.isMemory ? .bytes : .units(entry.gauge.name)
            let name = entry.gauge.label
            let plot = TimePlot(
                entry.levels.points, unit: unit, title: "\(name) over time", identifier: "gauge-\(index)")
            return Markup.figure(MarkupText.escaped(name), plot?.render())
        }
        return Markup.section("plots", "Over time", [Markup.figures(figures)])
    }

    private func table(_ progress: Watch.Progress) -> String {
        Markup.table(
            "growth is that of the floor in an hour", ["gauge", "now", "change", "per hour", "peak"],
            progress.state.tracks.map { track in
                let gauge = track.gauge
                return [
                    gauge.label, gauge.text(track.now), gauge.change(track.now - track.start),
                    track.estimate.map { gauge.change($0.perConnection) } ?? "", gauge.text(track.peak),
                ]
            })
    }
}
