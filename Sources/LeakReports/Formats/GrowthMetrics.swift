import LeakStatistics

/// What was found of resources as families of metrics, the same for every kind of run.
struct GrowthMetrics {
    /// One finding.
    struct Row {
        /// What it is about, such as the lifecycle and the resource.
        var labels: [(String, String)]
        var resource: Resource
        var verdict: Verdict?
        var perConnection: Double?
        var interval: ClosedRange<Double>?
        var smallestDetectable: Double?
    }

    /// What the names of families begin with.
    var prefix: String
    var rows: [Row]

    /// Adds a family with the verdict on each row; `subject` is what a row is about, in words.
    func addVerdicts(to page: inout OpenMetricsText, of subject: String) {
        page.gauges(
            "\(prefix)_verdict", "1 for the verdict on \(subject), 0 for the others.",
            rows.flatMap { row in
                [Verdict.clean, .leak, .inconclusive].map { verdict in
                    (row.labels + [("verdict", verdict.rawValue)], row.verdict == verdict ? 1 : 0)
                }
            })
    }

    /// Adds families with the amount of each row that has one, its interval and what would have been seen.
    func addAmounts(to page: inout OpenMetricsText) {
        func amounts(_ value: (Row) -> Double?) -> [(labels: [(String, String)], value: Double)] {
            rows.compactMap { row in value(row).map { (row.labels + [("unit", row.resource.unit)], $0) } }
        }
        page.gauges("\(prefix)_growth_per_connection", "What each connection leaves behind.", amounts(\.perConnection))
        page.gauges(
            "\(prefix)_growth_per_connection_lower", "Lower end of the 99% interval of that amount.",
            amounts { $0.interval?.lowerBound })
        page.gauges(
            "\(prefix)_growth_per_connection_upper", "Upper end of the 99% interval of that amount.",
            amounts { $0.interval?.upperBound })
        page.gauges(
            "\(prefix)_smallest_detectable_per_connection", "The smallest leak that would have been seen.",
            amounts(\.smallestDetectable))
    }
}
