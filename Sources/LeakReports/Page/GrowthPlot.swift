import LeakCheck
import LeakStatistics
import Lifecycles

/// One resource against the connections of one row, as an SVG inside a page.
struct GrowthPlot {
    private let samples: [CheckResult.Sample]
    private let series: GrowthSeries
    /// What was found; nil while the row is driven.
    private let finding: CheckResult.Finding?
    private let frame: PlotFrame

    /// A plot of the samples that `finding` rests on; nil if there are none. `identifier` must be unique in the page.
    init?(
        _ result: CheckResult, _ row: CheckResult.Row, _ finding: CheckResult.Finding,
        _ size: PlotFrame.Size = .small, identifier: String
    ) {
        self.init(
            result.judgedReadings(of: row, finding.resource), finding.resource, finding, size, identifier: identifier,
            title: "\(row.lifecycle.label), \(finding.resource.rawValue): "
                + FindingText(result, row, finding).statement)
    }

    /// A plot of what has been read of a row that is not decided yet; nil where that is too little.
    init?(
        undecided samples: [CheckResult.Sample], _ resource: Resource, _ size: PlotFrame.Size, label: String,
        identifier: String
    ) {
        let readings = samples.compactMap { sample in
            sample.level(resource).map {
                (sample: sample, point: GrowthSeries.Point(connections: Double(sample.connections), level: $0))
            }
        }
        self.init(
            readings, resource, nil, size, identifier: identifier,
            title: "\(label), \(resource.rawValue), not decided yet")
    }

    private init?(
        _ readings: [(sample: CheckResult.Sample, point: GrowthSeries.Point)], _ resource: Resource,
        _ finding: CheckResult.Finding?, _ size: PlotFrame.Size, identifier: String, title: String
    ) {
        samples = readings.map(\.sample)
        series = GrowthSeries(readings.map(\.point))
        guard series.points.count > 1, series.connections > 0 else { return nil }
        self.finding = finding
        let levels = series.points.map(\.level).filter(\.isFinite)
        frame = PlotFrame(
            size, identifier: identifier, title: title, across: (0...series.connections, .connections),
            up: ((levels.min() ?? 0)...(levels.max() ?? 0), resource.isMemory ? .bytes : .units(resource.unit)))
    }

    /// The `svg` element.
    func render() -> String {
        frame.render(
            behind: finding == nil ? "" : warmUp, within: fit + "\n" + floor,
            before: "\(pause)\n<g class=\"samples\">\n\(circles)\n</g>")
    }

    private var half: Double { series.connections / 2 }
    private var size: PlotFrame.Size { frame.size }
    private func n(_ value: Double) -> String { frame.n(value) }

    private var warmUp: String {
        let right = frame.across.pixel(half)
        return "<rect class=\"warm-up\" x=\"\(n(size.left))\" y=\"\(n(size.top))\" width=\"\(n(right - size.left))\" "
            + "height=\"\(n(size.bottom - size.top))\"/>"
            + "<text class=\"note\" x=\"\(n(size.left + 5))\" y=\"\(n(size.top + 14))\">warm-up</text>"
    }

    /// The slope over the judged half with its interval, from where the floor stands after the warm-up.
    private var fit: String {
        guard let slope = finding?.perConnection, let interval = finding?.interval else { return "" }
        let level = series.floor.level(at: half)
        func point(_ connections: Double, _ slope: Double) -> String {
            "\(n(frame.across.pixel(connections))) \(n(frame.up.bounded(level + slope * (connections - half))))"
        }
        let (start, end) = (point(half, slope), point(series.connections, slope))
        let high = point(series.connections, interval.upperBound)
        let low = point(series.connections, interval.lowerBound)
        return "<path class=\"band\" d=\"M\(start)L\(high)L\(low)Z\"/><path class=\"fit\" d=\"M\(start)L\(end)\"/>"
    }

    private var floor: String { frame.line("floor", series.floor.points.map { ($0.connections, $0.level) }) }

    private var pause: String {
        guard let sample = samples.first(where: { $0.phase == .pause }) else { return "" }
        let x = frame.across.pixel(Double(sample.connections))
        let edge = x > size.right - 44
        return "<path class=\"pause\" d=\"M\(n(x)) \(n(size.top))V\(n(size.bottom))\"/>"
            + "<text class=\"note\(edge ? " end" : "")\" x=\"\(n(x + (edge ? -4 : 4)))\" y=\"\(n(size.bottom - 6))\">"
            + "pause</text>"
    }

    private var circles: String {
        zip(samples, series.points).map { sample, point in
            let place =
                "<circle class=\"\(sample.phase.rawValue)\" cx=\"\(n(frame.across.pixel(point.connections)))\" "
                + "cy=\"\(n(frame.up.pixel(point.level)))\" r=\"2.2\""
            // Drawn again and again while the row is driven, it has the samples alone.
            guard finding != nil else { return place + "/>" }
            let words =
                "\(Amount.whole(point.connections)) connections, \(frame.up.text(point.level)), "
                + "\(sample.phase.words), \(Amount.seconds(sample.seconds))"
            return place + "><title>\(MarkupText.escaped(words))</title></circle>"
        }.joined(separator: "\n")
    }
}

extension CheckResult.Sample.Phase {
    /// When the sample was taken, in words.
    var words: String {
        switch self {
        case .measure: "before the pause"
        case .pause: "at the end of the pause"
        case .confirm: "after the pause"
        }
    }
}
