import LeakCheck
import LeakStatistics
import Lifecycles

/// One resource against the connections of one row, as an SVG inside a page.
struct GrowthPlot {
    private let samples: [CheckResult.Sample]
    private let series: GrowthSeries
    private let finding: CheckResult.Finding
    private let identifier: String
    private let title: String
    private let across: Axis
    private let up: Axis

    private static let (width, height) = (400.0, 240.0)
    private static let (left, right, top, bottom) = (58.0, 390.0, 26.0, 204.0)

    /// A plot of the samples that `finding` rests on; nil if there are none. `identifier` must be unique in the page.
    init?(_ result: CheckResult, _ row: CheckResult.Row, _ finding: CheckResult.Finding, identifier: String) {
        let readings = result.judgedReadings(of: row, finding.resource)
        samples = readings.map(\.sample)
        series = GrowthSeries(readings.map(\.point))
        guard series.points.count > 1, series.connections > 0 else { return nil }
        self.finding = finding
        self.identifier = identifier
        title = "\(row.lifecycle.label), \(finding.resource.rawValue): \(FindingText(result, row, finding).statement)"
        let levels = series.points.map(\.level).filter(\.isFinite)
        across = Axis(0...series.connections, pixels: (Self.left, Self.right), unit: .connections)
        up = Axis(
            (levels.min() ?? 0)...(levels.max() ?? 0), pixels: (Self.bottom, Self.top),
            unit: finding.resource.isMemory ? .bytes : .units(finding.resource.unit))
    }

    /// The `svg` element.
    func render() -> String {
        let box = "x=\"\(n(Self.left))\" y=\"\(n(Self.top))\" width=\"\(n(Self.right - Self.left))\" "
        let clip = "<clipPath id=\"\(identifier)-c\"><rect \(box)height=\"\(n(Self.bottom - Self.top))\"/></clipPath>"
        return """
            <svg class="plot" viewBox="0 0 \(n(Self.width)) \(n(Self.height))" role="img" aria-labelledby="\(identifier)-t">
            <title id="\(identifier)-t">\(MarkupText.escaped(title))</title>
            \(clip)
            \(warmUp)
            \(grid)
            <g clip-path="url(#\(identifier)-c)">
            \(fit)
            \(floor)
            </g>
            \(pause)
            <g class="samples">
            \(circles)
            </g>
            </svg>
            """
    }

    private var half: Double { series.connections / 2 }

    private var warmUp: String {
        let right = across.pixel(half)
        return "<rect class=\"warm-up\" x=\"\(n(Self.left))\" y=\"\(n(Self.top))\" width=\"\(n(right - Self.left))\" "
            + "height=\"\(n(Self.bottom - Self.top))\"/>"
            + "<text class=\"note\" x=\"\(n(Self.left + 5))\" y=\"\(n(Self.top + 12))\">warm-up</text>"
    }

    private var grid: String {
        var parts: [String] = []
        for tick in up.ticks {
            let y = up.pixel(tick.value)
            parts.append(
                "<path class=\"grid\" d=\"M\(n(Self.left)) \(n(y))H\(n(Self.right))\"/>"
                    + "<text class=\"tick up\" x=\"\(n(Self.left - 6))\" y=\"\(n(y + 3.5))\">\(tick.label)</text>")
        }
        for tick in across.ticks {
            let x = across.pixel(tick.value)
            parts.append("<path class=\"axis\" d=\"M\(n(x)) \(n(Self.bottom))v4\"/>")
            // At the edge the label would leave the picture.
            let anchor = x > Self.right - 16 ? " end" : ""
            parts.append(
                "<text class=\"tick across\(anchor)\" x=\"\(n(x))\" y=\"\(n(Self.bottom + 15))\">\(tick.label)</text>")
        }
        parts.append("<path class=\"axis\" d=\"M\(n(Self.left)) \(n(Self.top))V\(n(Self.bottom))H\(n(Self.right))\"/>")
        parts.append("<text class=\"unit\" x=\"0\" y=\"\(n(Self.top - 11))\">\(MarkupText.escaped(up.unitName))</text>")
        parts.append(
            "<text class=\"unit across\" x=\"\(n(Self.right))\" y=\"\(n(Self.bottom + 31))\">connections</text>")
        return parts.joined(separator: "\n")
    }

    /// The slope over the judged half with its interval, from where the floor stands after the warm-up.
    private var fit: String {
        guard let slope = finding.perConnection, let interval = finding.interval else { return "" }
        let level = series.floor.level(at: half)
        func point(_ connections: Double, _ slope: Double) -> String {
            "\(n(across.pixel(connections))) \(n(up.bounded(level + slope * (connections - half))))"
        }
        let (start, end) = (point(half, slope), point(series.connections, slope))
        let high = point(series.connections, interval.upperBound)
        let low = point(series.connections, interval.lowerBound)
        return "<path class=\"band\" d=\"M\(start)L\(high)L\(low)Z\"/><path class=\"fit\" d=\"M\(start)L\(end)\"/>"
    }

    private var floor: String {
        let points = series.floor.points.map { "\(n(across.pixel($0.connections))) \(n(up.pixel($0.level)))" }
        return "<path class=\"floor\" d=\"M\(points.joined(separator: "L"))\"/>"
    }

    private var pause: String {
        guard let sample = samples.first(where: { $0.phase == .pause }) else { return "" }
        let x = across.pixel(Double(sample.connections))
        let edge = x > Self.right - 44
        return "<path class=\"pause\" d=\"M\(n(x)) \(n(Self.top))V\(n(Self.bottom))\"/>"
            + "<text class=\"note\(edge ? " end" : "")\" x=\"\(n(x + (edge ? -4 : 4)))\" y=\"\(n(Self.bottom - 6))\">"
            + "pause</text>"
    }

    private var circles: String {
        zip(samples, series.points).map { sample, point in
            let words =
                "\(Amount.whole(point.connections)) connections, \(up.text(point.level)), "
                + "\(sample.phase.words), \(Amount.seconds(sample.seconds))"
            return "<circle class=\"\(sample.phase.rawValue)\" cx=\"\(n(across.pixel(point.connections)))\" "
                + "cy=\"\(n(up.pixel(point.level)))\" r=\"2.2\"><title>\(MarkupText.escaped(words))</title></circle>"
        }.joined(separator: "\n")
    }

    /// A coordinate to a tenth of a pixel.
    private func n(_ value: Double) -> String {
        let tenths = Int(near: (value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
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
