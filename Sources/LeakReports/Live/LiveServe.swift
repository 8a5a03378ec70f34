import LeakStatistics

/// A server that runs, as a live page shows it: its connections, how they end, and what the process holds.
package struct LiveServe: LiveState {
    package static let partNames = ["heading", "now", "sockets", "plots", "endings"]
    package static let title = "Watertight server"

    /// What was read at one moment.
    package struct Moment: Sendable {
        /// Seconds since the server began.
        package var seconds: Double
        /// Connections that are open, and that were accepted so far.
        package var open: Int
        package var accepted: Int
        /// Connections that have ended, by the way they went.
        package var ended: [(kind: String, count: Int)]
        /// What the process holds: descriptors, sockets by TCP state, and its heap in bytes.
        package var descriptors: Int
        package var sockets: [String: Int]
        package var heapBytes: Int

        /// A moment.
        package init(
            seconds: Double, open: Int, accepted: Int, ended: [(kind: String, count: Int)], descriptors: Int,
            sockets: [String: Int], heapBytes: Int
        ) {
            self.seconds = seconds
            self.open = open
            self.accepted = accepted
            self.ended = ended
            self.descriptors = descriptors
            self.sockets = sockets
            self.heapBytes = heapBytes
        }
    }

    package private(set) var changes = LiveChanges()
    package private(set) var isOver = false
    private var url = ""
    private var moment: Moment?
    private var open = LiveSeries()
    private var descriptors = LiveSeries()
    private var heap = LiveSeries()

    /// A server that does not listen yet.
    package init() {
        changes.note("heading")
    }

    /// The server listens at `url`.
    package mutating func begin(url: String) {
        self.url = url
        changes.note("heading")
    }

    /// Adds what was read.
    package mutating func add(_ moment: Moment) {
        open.append(seconds: moment.seconds, level: Double(moment.open))
        descriptors.append(seconds: moment.seconds, level: Double(moment.descriptors))
        heap.append(seconds: moment.seconds, level: Double(moment.heapBytes))
        self.moment = moment
        changes.note("now", "sockets", "plots", "endings")
    }

    /// The server ends.
    package mutating func end() {
        isOver = true
        changes.note("heading")
    }

    package func markup(of part: String) -> String {
        switch part {
        case "heading":
            let words = isOver ? "ended" : url.isEmpty ? "starting" : "listening"
            return "<h1>\(words)</h1>\n<p class=\"target\"><code>\(MarkupText.escaped(url))</code></p>"
        case "now": return moment.map(now) ?? ""
        case "sockets": return LiveMarkup.sockets(moment?.sockets ?? [:])
        case "plots": return plots
        case "endings": return moment.map(endings) ?? ""
        default: return ""
        }
    }

    private func now(_ moment: Moment) -> String {
        let words = [
            "for \(Amount.clock(moment.seconds))", "\(Amount.whole(Double(moment.open))) connections",
            "\(Amount.whole(Double(moment.accepted))) accepted so far",
        ]
        return Markup.section("now", "Now", [LiveMarkup.facts(words)])
    }

    private var plots: String {
        let all: [(String, LiveSeries, Axis.Unit, String)] = [
            ("open connections", open, .units("connections"), "open"),
            ("descriptors", descriptors, .units("descriptors"), "descriptors"), ("heap", heap, .bytes, "heap"),
        ]
        let figures = all.map { name, series, unit, identifier in
            let plot = TimePlot(
                series.points, unit: unit, title: "\(name) over time", identifier: "plot-\(identifier)")
            return Markup.figure(name, plot?.render())
        }
        return Markup.section("plots", "Over time", [Markup.figures(figures)])
    }

    private func endings(_ moment: Moment) -> String {
        let table = Markup.table(
            "connections since the server began", ["how they ended", "connections"],
            moment.ended.map { [$0.kind, Amount.whole(Double($0.count))] })
        return Markup.section("endings", "How connections ended", [table])
    }
}
