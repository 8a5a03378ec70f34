/// A page of metrics as OpenMetrics 1.0 writes them, or as Prometheus did before, family by family.
package struct OpenMetricsText {
    /// How the page is written.
    package enum Format: Hashable, Sendable {
        /// OpenMetrics 1.0.
        case openMetrics
        /// The text format 0.0.4 of Prometheus: a counter's family has the name of its samples, no unit is told and no end.
        case prometheus

        /// The media type of the page.
        package var mediaType: String {
            switch self {
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            }
        }

        /// What a client reads whose request has these values of `Accept` (RFC 9110, section 12.5.1): the older format if
        /// it names that one only, otherwise OpenMetrics.
        package init(accept values: some Sequence<String>) {
            let ranges = values.flatMap { $0.lowercased().split(separator: ",") }
            func names(_ type: String) -> Bool {
                ranges.contains { range in
                    let parameters = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
                    return parameters.first == type && !parameters.contains { ["q=0", "q=0.0"].contains($0) }
                }
            }
            self = names("text/plain") && !names("application/openmetrics-text") ? .prometheus : .openMetrics
        }
    }

    private let format: Format
    private var text = ""

    /// A page without metrics.
    package init(_ format: Format = .openMetrics) {
        self.format = format
    }

    /// The page, complete.
    package var finished: String { format == .openMetrics ? text + "# EOF\n" : text }

    /// A value that may fall; `name` ends with `unit` if there is one.
    package mutating func gauge(_ name: String, unit: String? = nil, _ help: String, _ value: Double) {
        family(name, "gauge", unit, help)
        sample(name, [], value)
    }

    /// Values that may fall, each under labels of its own; `name` ends with `unit` if there is one.
    package mutating func gauges(
        _ name: String, unit: String? = nil, _ help: String, _ values: [(labels: [(String, String)], value: Double)]
    ) {
        family(name, "gauge", unit, help)
        for (labels, value) in values { sample(name, labels, value) }
    }

    /// A total that only grows, per label value if there is a label; `name` is without `_total`.
    package mutating func counter(
        _ name: String, unit: String? = nil, _ help: String, label: String? = nil, _ values: [(String, Double)]
    ) {
        family(name, "counter", unit, help)
        for (value, total) in values { sample(name + "_total", label.map { [($0, value)] } ?? [], total) }
    }

    /// A distribution: how many lie at or below each of `bounds`, and how many there are in all.
    package mutating func histogram(
        _ name: String, unit: String? = nil, _ help: String, bounds: [Double], counts: [Int], sum: Double
    ) {
        family(name, "histogram", unit, help)
        var below = 0
        for (bound, count) in zip(bounds.map { "\($0)" } + ["+Inf"], counts) {
            below += count
            sample(name + "_bucket", [("le", bound)], Double(below))
        }
        sample(name + "_count", [], Double(below))
        sample(name + "_sum", [], sum)
    }

    private mutating func family(_ name: String, _ type: String, _ unit: String?, _ help: String) {
        guard format == .openMetrics else {
            let name = type == "counter" ? name + "_total" : name
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
            return
        }
        text += "# TYPE \(name) \(type)\n"
        if let unit { text += "# UNIT \(name) \(unit)\n" }
        text += "# HELP \(name) \(help)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        let whole = Int64(exactly: value)
        let special = value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
        text += " " + (whole.map { "\($0)" } ?? special) + "\n"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
