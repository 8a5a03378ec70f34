/// One series of a metric over a range of time.
package struct MetricSeries: Sendable {
    /// One reading.
    package struct Point: Sendable {
        /// Seconds since the epoch.
        package var time: Double
        /// What was read.
        package var value: Double

        /// A reading.
        package init(time: Double, value: Double) {
            self.time = time
            self.value = value
        }
    }

    /// Its labels, the metric's name left out.
    package var labels: [String: String]
    /// Its readings in the order of time, one for each step at which there was one.
    package var points: [Point]

    /// A series; the name of the metric is dropped from `labels`.
    package init(labels: [String: String], points: [Point]) {
        self.labels = labels
        self.labels["__name__"] = nil
        self.points = points
    }
}

/// A store of series that answers queries, such as a Prometheus.
///
/// Every call may block, and is bounded in time by whoever implements it.
package protocol MetricSource {
    /// The names of the metrics that have a series with these matchers in the time; throws `StoreFailure`.
    func names(matching selector: String, in time: Range<Double>) throws -> Set<String>
    /// The series of a query, at each `step` seconds from the time's start on; throws `StoreFailure`.
    func series(of query: String, in time: Range<Double>, step: Double) throws -> MetricAnswer
}

/// What a store answered.
package struct MetricAnswer: Sendable {
    /// The series.
    package var series: [MetricSeries]
    /// What the store warned of, such as that a part of it did not answer.
    package var warnings: [String]

    /// An answer.
    package init(_ series: [MetricSeries], warnings: [String] = []) {
        self.series = series
        self.warnings = warnings
    }
}
