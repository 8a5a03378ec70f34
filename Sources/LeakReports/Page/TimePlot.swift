/// One amount over time, as an SVG inside a page.
struct TimePlot {
    private let points: [(seconds: Double, level: Double)]
    private let frame: PlotFrame

    /// A plot of `points` in the order of time; nil where there are too few.
    init?(
        _ points: [(seconds: Double, level: Double)], unit: Axis.Unit, title: String, identifier: String
    ) {
        guard points.count > 1, let first = points.first, let last = points.last, last.seconds > first.seconds else {
            return nil
        }
        self.points = points
        let levels = points.map(\.level).filter(\.isFinite)
        frame = PlotFrame(
            .small, identifier: identifier, title: title, across: (first.seconds...last.seconds, .seconds),
            up: ((levels.min() ?? 0)...(levels.max() ?? 0), unit))
    }

    /// The `svg` element.
    func render() -> String { frame.render(within: frame.line("level", points.map { ($0.seconds, $0.level) })) }
}
