package import LeakStatistics
import Lifecycles

extension CheckResult {
    /// The samples of one row, in the order of time.
    package func samples(of row: Row) -> [Sample] {
        samples.filter { $0.lifecycle == row.lifecycle.name && $0.compressed == row.lifecycle.isCompressed }
    }

    /// What one row's verdict on `resource` rests on: the samples that have it with their points, memory without what
    /// other leaks account for.
    package func judgedReadings(of row: Row, _ resource: Resource) -> [(sample: Sample, point: GrowthSeries.Point)] {
        let run = RowRun(row.lifecycle)
        run.resources = resources
        run.samples = samples(of: row)
        return zip(run.samples, run.charged(resource)).compactMap { sample, point in point.map { (sample, $0) } }
    }
}
