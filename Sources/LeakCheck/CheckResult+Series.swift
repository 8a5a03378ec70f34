package import LeakStatistics
import Lifecycles

extension CheckResult {
    /// The samples of one row, in the order of time.
    package func samples(of row: Row) -> [Sample] {
        samples.filter { $0.lifecycle == row.lifecycle.name && $0.compressed == row.lifecycle.isCompressed }
    }

    /// What one row's verdict on `resource` rests on: a point for each of `samples(of:)`, memory without what leaked
    /// threads account for.
    package func judgedSeries(of row: Row, _ resource: Resource) -> GrowthSeries {
        let run = RowRun(row.lifecycle)
        run.samples = samples(of: row)
        return RowJudge.charged(resource, run.series(resource), threads: run.suspectThreads())
    }
}
