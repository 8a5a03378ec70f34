import Fleet
import LeakStatistics

/// What pods held against the connections that they accepted, as an SVG inside a page: a line for each life of a pod, and the
/// slope.
struct FleetPlot {
    private let finding: FleetResult.Finding
    private let baseline: PodCurves?
    private let frame: PlotFrame

    /// A plot of `finding` beside what its `baseline` held; nil where there is nothing to draw. `identifier` must be unique in
    /// the page.
    init?(
        _ finding: FleetResult.Finding, baseline: PodCurves?, _ size: PlotFrame.Size = .small, identifier: String
    ) {
        let points = (finding.curves.shown + (baseline?.shown ?? [])).flatMap(\.lives).filter(\.isDrawn)
            .flatMap(\.points)
        let levels = points.map(\.level).filter(\.isFinite)
        guard let most = points.map(\.connections).max(), most > 0, let low = levels.min(), let high = levels.max()
        else { return nil }
        self.finding = finding
        self.baseline = baseline
        let text = FleetText(finding)
        frame = PlotFrame(
            size, identifier: identifier, title: "\(text.subject): \(text.statement)", across: (0...most, .connections),
            up: (low...high, finding.resource.isMemory ? .bytes : .units(finding.resource.unit)))
    }

    /// The `svg` element.
    func render() -> String {
        let others = (baseline?.shown ?? []).flatMap { lines(of: $0, style: "pod other") }
        let own = finding.curves.shown.flatMap { lines(of: $0, style: "pod") }
        return frame.render(within: (others + own + [fit]).filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    private func n(_ value: Double) -> String { frame.n(value) }

    /// A line for each life; of what is not judged a paler one.
    private func lines(of curve: PodCurves.Curve, style: String) -> [String] {
        curve.lives.filter(\.isDrawn).map { life in
            let place = { (point: GrowthSeries.Point) in (point.connections, point.level) }
            let early = life.points.prefix(life.judgedFrom + 1).map(place)
            let judged = life.points.dropFirst(life.judgedFrom).map(place)
            let last = life.points[life.points.count - 1]
            let words =
                "\(curve.pod): \(frame.up.text(last.level)) after \(Amount.whole(last.connections)) connections"
            let parts = [(early, "\(style) early"), (judged, style)].filter { $0.0.count > 1 }
            return "<g><title>\(MarkupText.escaped(words))</title>"
                + parts.map { frame.line($0.1, $0.0) }.joined() + "</g>"
        }
    }

    /// The slope with its interval through what is judged of the life that accepted most.
    private var fit: String {
        let lives = finding.curves.shown.flatMap(\.lives).filter { $0.judgedFrom + 1 < $0.points.count }
        guard let slope = finding.curves.fit,
            let life = lives.max(by: { $0.connections < $1.connections })
        else { return "" }
        let judged = life.points[life.judgedFrom...]
        let count = Double(judged.count)
        let middle = judged.reduce(0) { $0 + $1.connections } / count
        let begin = judged[judged.startIndex].connections
        let level = judged.reduce(0) { $0 + $1.level } / count - slope.perConnection * (middle - begin)
        let end = life.connections
        func point(_ connections: Double, _ slope: Double) -> String {
            "\(n(frame.across.pixel(connections))) \(n(frame.up.bounded(level + slope * (connections - begin))))"
        }
        let start = point(begin, 0)
        return "<path class=\"band\" d=\"M\(start)L\(point(end, slope.interval.upperBound))"
            + "L\(point(end, slope.interval.lowerBound))Z\"/>"
            + "<path class=\"fit\" d=\"M\(start)L\(point(end, slope.perConnection))\"/>"
    }
}

extension PodCurves.Life {
    /// Connections up to its last block.
    fileprivate var connections: Double { points.last?.connections ?? 0 }
    /// One block is no line.
    fileprivate var isDrawn: Bool { points.count > 1 }
}
