public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's result as a page of OpenMetrics 1.0, for a textfile collector or a push gateway.
public struct OpenMetricsReport {
    /// The page, complete with its end mark.
    public static func render(_ result: CheckResult) -> String {
        var page = OpenMetricsText()
        let findings = result.rows.flatMap { row in row.resources.map { (row: row, finding: $0) } }
        func labels(_ row: CheckResult.Row, _ finding: CheckResult.Finding) -> [(String, String)] {
            [("lifecycle", row.lifecycle.label), ("resource", finding.resource.rawValue)]
        }
        let metrics = GrowthMetrics(
            prefix: "watertight",
            rows: findings.map { row, finding in
                .init(
                    labels: labels(row, finding), resource: finding.resource, verdict: finding.verdict,
                    perConnection: finding.perConnection, interval: finding.interval,
                    smallestDetectable: finding.smallestDetectable)
            })
        metrics.addVerdicts(to: &page, of: "a resource under a lifecycle")
        page.gauges(
            "watertight_known_leak", "1 for a leak that is accepted, 0 for everything else.",
            findings.map { (labels($0, $1), $1.knownLeak == nil ? 0 : 1) })
        metrics.addAmounts(to: &page)
        page.gauges(
            "watertight_connections", "Connections by what became of them.",
            result.rows.flatMap { row in
                row.connections.outcomes.map {
                    ([("lifecycle", row.lifecycle.label), ("outcome", $0.name)], Double($0.count))
                }
            })
        page.gauges(
            "watertight_stalled",
            "1 for a lifecycle under which the target stopped accepting or answering while it lived, 0 for the others.",
            result.rows.map { ([("lifecycle", $0.lifecycle.label)], $0.stall == nil ? 0 : 1) })
        page.gauge(
            "watertight_complete", "1 for a check that was carried out, 0 for one that was ended early.",
            result.interruption == nil ? 1 : 0)
        page.gauge(
            "watertight_duration_seconds", unit: "seconds", "How long the check took.", result.durationSeconds)
        return page.finished
    }
}

extension DriveCounts {
    /// The numbers of connections by outcome, with the names that reports use.
    var outcomes: [(name: String, count: Int)] {
        [("completed", completed), ("refused", refused), ("broken", broken), ("stalled", stalled)]
    }
}
