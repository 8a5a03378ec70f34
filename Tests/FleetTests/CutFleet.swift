import Fleet

/// A fleet whose store no longer answers after so many queries of series.
final class CutFleet: MetricSource {
    private let whole: WrittenFleet
    private let queries: Int
    private let series: Double
    private let error: any Error
    private var asked = 0

    /// `whole`, with this error after `queries`; it says that it has so many `series`, by which the time is cut into parts.
    init(_ whole: WrittenFleet, after queries: Int, series: Int = 6, error: any Error = CancellationError()) {
        self.error = error
        self.whole = whole
        self.queries = queries
        self.series = Double(series)
    }

    func names(matching selector: String, in time: Range<Double>) throws -> Set<String> {
        try whole.names(matching: selector, in: time)
    }

    func series(of query: String, in time: Range<Double>, step: Double) throws -> MetricAnswer {
        asked += 1
        guard asked <= queries else { throw error }
        guard query.hasPrefix("count(") else { return try whole.series(of: query, in: time, step: step) }
        return MetricAnswer([MetricSeries(labels: [:], points: [.init(time: time.lowerBound, value: series)])])
    }
}
