/// A page of metrics as OpenMetrics 1.0 writes them, family by family.
package struct OpenMetricsText {
    /// The media type of the page.
    package static let mediaType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    private var text = ""

    /// A page without metrics.
    package init() {}

    /// The page, complete.
    package var finished: String { text + "# EOF\n" }

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
