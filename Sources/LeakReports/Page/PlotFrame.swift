import LeakStatistics

/// The frame of a plot: two axes with their ticks and units, as an SVG inside a page.
struct PlotFrame {
    /// How large a plot is drawn; its text has the same size in both.
    enum Size {
        /// One of several in a row.
        case small
        /// The one that matters.
        case large

        fileprivate var width: Double { self == .small ? 300 : 440 }
        fileprivate var height: Double { self == .small ? 190 : 264 }
        /// The edges of the plot itself.
        var left: Double { self == .small ? 50 : 58 }
        var right: Double { width - 8 }
        var top: Double { 25 }
        var bottom: Double { height - 37 }
    }

    let size: Size
    /// Unique in the page.
    let identifier: String
    /// What a reader who does not see the plot is told.
    let title: String
    let across: Axis
    let up: Axis

    /// A frame for values of the two units.
    init(
        _ size: Size, identifier: String, title: String, across: (ClosedRange<Double>, Axis.Unit),
        up: (ClosedRange<Double>, Axis.Unit)
    ) {
        self.size = size
        self.identifier = identifier
        self.title = title
        self.across = Axis(across.0, pixels: (size.left, size.right), unit: across.1)
        self.up = Axis(up.0, pixels: (size.bottom, size.top), unit: up.1)
    }

    /// The `svg` element: what lies `behind` the grid, the lines `within` the frame, and what is `before` all.
    func render(behind: String = "", within: String, before: String = "") -> String {
        let box = "x=\"\(n(size.left))\" y=\"\(n(size.top))\" width=\"\(n(size.right - size.left))\" "
        let clip = "<clipPath id=\"\(identifier)-c\"><rect \(box)height=\"\(n(size.bottom - size.top))\"/></clipPath>"
        return """
            <svg class="plot\(size == .large ? " large" : "")" viewBox="0 0 \(n(size.width)) \(n(size.height))" role="img" \
            aria-labelledby="\(identifier)-t">
            <title id="\(identifier)-t">\(MarkupText.escaped(title))</title>
            \(clip)
            \(behind)
            \(grid)
            <g clip-path="url(#\(identifier)-c)">
            \(within)
            </g>
            \(before)
            </svg>
            """
    }

    /// A line through points.
    func line(_ style: String, _ points: [(Double, Double)]) -> String {
        let pixels = points.map { "\(n(across.pixel($0.0))) \(n(up.pixel($0.1)))" }
        return "<path class=\"\(style)\" d=\"M\(pixels.joined(separator: "L"))\"/>"
    }

    private var grid: String {
        var parts: [String] = []
        for tick in up.ticks {
            let y = up.pixel(tick.value)
            parts.append(
                "<path class=\"grid\" d=\"M\(n(size.left)) \(n(y))H\(n(size.right))\"/>"
                    + "<text class=\"tick up\" x=\"\(n(size.left - 6))\" y=\"\(n(y + 3.5))\">\(tick.label)</text>")
        }
        for tick in across.ticks {
            let x = across.pixel(tick.value)
            parts.append("<path class=\"axis\" d=\"M\(n(x)) \(n(size.bottom))v4\"/>")
            // At the edge the label would leave the picture.
            let anchor = x > size.right - 16 ? " end" : ""
            parts.append(
                "<text class=\"tick across\(anchor)\" x=\"\(n(x))\" y=\"\(n(size.bottom + 15))\">\(tick.label)</text>")
        }
        parts.append("<path class=\"axis\" d=\"M\(n(size.left)) \(n(size.top))V\(n(size.bottom))H\(n(size.right))\"/>")
        parts.append("<text class=\"unit\" x=\"0\" y=\"\(n(size.top - 11))\">\(MarkupText.escaped(up.unitName))</text>")
        parts.append(
            "<text class=\"unit across\" x=\"\(n(size.right))\" y=\"\(n(size.bottom + 31))\">\(across.unitName)</text>")
        return parts.joined(separator: "\n")
    }

    /// A coordinate to a tenth of a pixel.
    func n(_ value: Double) -> String {
        let tenths = Int(near: (value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}
