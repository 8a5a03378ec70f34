public import LeakCheck
import LeakStatistics

/// The progress of a watch, as lines that overwrite themselves.
public struct WatchBlock {
    private static let history = 60
    /// How much memory must move for its line to show it.
    static let memoryResolution = 65_536.0

    private var histories: [WatchGauge: Sparkline] = [:]
    /// How many lines the terminal shows of the last rendering.
    private var height = 0
    private let style: Style

    /// A block in color or not.
    public init(usesColour: Bool) {
        style = Style(usesColour: usesColour)
    }

    /// The lines for a terminal of that size, with the escapes that replace the previous ones.
    public mutating func render(_ progress: Watch.Progress, columns: Int, rows: Int) -> String {
        for track in progress.state.tracks {
            histories[track.gauge, default: Sparkline(capacity: Self.history)].append(track.now)
        }
        let lines = Array((heading(progress) + table(progress.state, columns)).prefix(max(1, rows - 1)))
        let text = lines.map { line in
            let cut = String(line.text.prefix(max(1, columns - 1)))
            return (line.colour.map { style.paint(cut, $0) } ?? cut) + "\u{1B}[K\n"
        }
        let rendering = erasure + text.joined()
        height = lines.count
        return rendering
    }

    /// Erases the lines, so that what follows takes their place.
    public mutating func erase() -> String {
        defer { height = 0 }
        return erasure
    }

    private var erasure: String { height == 0 ? "" : "\u{1B}[\(height)A\r\u{1B}[J" }

    private struct Line {
        var text: String
        var colour: Style.Colour?
    }

    private func heading(_ progress: Watch.Progress) -> [Line] {
        let processes = progress.processes == 1 ? "1 process" : "\(progress.processes) processes"
        return [
            Line(text: "watching \(progress.header.target) (\(progress.header.runtime))"),
            Line(
                text: "\(Amount.clock(progress.state.seconds))  \(processes)  Ctrl-C ends and sums up"),
            Line(text: ""),
        ]
    }

    private func table(_ state: WatchState, _ columns: Int) -> [Line] {
        var cells = [["", "now", "change", "per hour", "peak"]]
        var colours: [Style.Colour?] = [nil]
        for track in state.tracks {
            let gauge = track.gauge
            let estimate = track.estimate
            cells.append([
                gauge.label, gauge.text(track.now), gauge.change(track.now - track.start),
                estimate.map { gauge.change($0.perConnection) } ?? "", gauge.text(track.peak),
            ])
            let grows = gauge.judged != nil && (estimate?.isPersistent(above: 0) ?? false)
            colours.append(grows ? .yellow : nil)
        }
        let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        let used = widths.reduce(0) { $0 + $1 + 2 }
        return cells.indices.map { index in
            var text = Table.line(cells[index], widths)
            if index > 0 {
                let gauge = state.tracks[index - 1].gauge
                let resolution = gauge.isMemory ? Self.memoryResolution : 0
                text += "  " + (histories[gauge]?.render(width: columns - used - 1, resolution: resolution) ?? "")
            }
            return Line(text: text, colour: colours[index])
        }
    }
}
