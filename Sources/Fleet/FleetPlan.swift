/// What is asked of a store, and over which time.
package struct FleetPlan: Sendable {
    /// Matchers of labels that select the fleet, as in `job="chat"`; empty for all that the store has.
    package var selector = ""
    /// The time that is judged, in seconds since the epoch.
    package var time: Range<Double>
    /// The counter of connections, perhaps with matchers in braces; nil to look for a known one.
    package var connections: String?
    /// The gauge of open connections, perhaps with matchers in braces; nil to look for a known one.
    package var open: String?
    /// The label that groups pods, such as `version`; nil for one group.
    package var groupLabel: String?
    /// A matcher, as in `version="1.4.2"`: what these pods do as well is no leak of the others.
    package var baseline: LabelMatcher?
    /// Draws the resamples of pods.
    package var seed: UInt64 = 1

    /// A plan for that time.
    package init(time: Range<Double>) {
        self.time = time
    }

    /// Readings of a series over the whole time: a week at five minutes.
    private static let readings = 2016.0
    /// No shorter, whatever the time.
    private static let leastStep = 15.0
    /// Prometheus refuses a range of more points.
    package static let mostPointsOfSeries = 11_000
    /// Points of one answer, all series together: some 15 MB.
    package static let mostPointsOfAnswer = 500_000

    /// Seconds from reading to reading.
    package var step: Double { max(Self.leastStep, ((time.upperBound - time.lowerBound) / Self.readings).rounded(.up)) }
    /// Seconds of one block, of which the lowest reading counts.
    package var block: Double { max(8 * step, (time.upperBound - time.lowerBound) / 56) }

    /// The time cut into parts, each asked for on its own, so that no answer has more points than it may.
    package func parts(series: Int) -> [Range<Double>] {
        let points = min(Self.mostPointsOfSeries, max(16, Self.mostPointsOfAnswer / max(1, series)))
        let length = Double(points) * step
        var parts: [Range<Double>] = []
        var start = time.lowerBound
        while start < time.upperBound {
            let end = min(start + length, time.upperBound)
            parts.append(start..<end)
            start = end
        }
        return parts
    }
}

/// A matcher of one label: `name="value"`, or with `!=`.
package struct LabelMatcher: Hashable, Sendable {
    /// The label.
    package var name: String
    /// Its value.
    package var value: String
    /// Whether the value must be another.
    package var isNegated = false

    /// A matcher of one value.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// The matcher as a query has it: a string of PromQL knows backslashes.
    package var text: String {
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
        return "\(name)\(isNegated ? "!=" : "=")\"\(escaped)\""
    }

    /// Reads a matcher; nil for anything else.
    package init?(_ text: String) {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        var name = text[..<sign]
        if name.last == "!" {
            isNegated = true
            name.removeLast()
        }
        let value = text[text.index(after: sign)...]
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }),
            value.count >= 2, value.first == "\"", value.last == "\"", !value.dropFirst().dropLast().contains("\"")
        else { return nil }
        self.name = String(name)
        self.value = String(value.dropFirst().dropLast())
    }

    /// Whether a series with these labels matches; a label that is not there is empty.
    package func matches(_ labels: [String: String]) -> Bool { (labels[name] ?? "" == value) != isNegated }
}
