public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's result as a page of OpenMetrics 1.0, for a textfile collector or a push gateway.
public struct OpenMetricsReport {
    /// The page, complete with its end mark.
    public static func render(_ result: CheckResult) -> String {
        var page = OpenMetricsText()
        let findings = result.rows.flatMap { row in
            row.resources.map { finding in
                Labelled(
                    labels: [("lifecycle", row.lifecycle.label), ("resource", finding.resource.rawValue)],
                    finding: finding
                )
            }
        }
        addVerdicts(findings, to: &page)
        addAmounts(findings, to: &page)
        addRows(result.rows, to: &page)
        page.gauge(
            "watertight_complete", "1 for a check that was carried out, 0 for one that was ended early.",
            result.interruption == nil ? 1 : 0)
        page.gauge(
            "watertight_duration_seconds", unit: "seconds", "How long the check took.", result.durationSeconds)
        return page.finished
    }

    /// A finding with the labels of its row and resource.
    private struct Labelled {
        var labels: [(String, String)]
        var finding: CheckResult.Finding
    }

    private static func addVerdicts(_ findings: [Labelled], to page: inout OpenMetricsText) {
        page.gauges(
            "watertight_verdict", "1 for the verdict on a resource under a lifecycle, 0 for the others.",
            findings.flatMap { each in
                [Verdict.clean, .leak, .inconclusive].map { verdict in
                    (each.labels + [("verdict", verdict.rawValue)], each.finding.verdict == verdict ? 1 : 0)
                }
            })
        page.gauges(
            "watertight_known_leak", "1 for a leak that is accepted, 0 for everything else.",
            findings.map { ($0.labels, $0.finding.knownLeak == nil ? 0 : 1) })
    }

    private static func addAmounts(_ findings: [Labelled], to page: inout OpenMetricsText) {
        func amounts(_ value: (CheckResult.Finding) -> Double?) -> [(labels: [(String, String)], value: Double)] {
            findings.compactMap { each in value(each.finding).map { (each.labels + unit(of: each.finding), $0) } }
        }
        page.gauges(
            "watertight_growth_per_connection", "What each connection leaves behind.", amounts(\.perConnection))
        page.gauges(
            "watertight_growth_per_connection_lower", "Lower end of the 99% interval of that amount.",
            amounts { $0.interval?.lowerBound })
        page.gauges(
            "watertight_growth_per_connection_upper", "Upper end of the 99% interval of that amount.",
            amounts { $0.interval?.upperBound })
        page.gauges(
            "watertight_smallest_detectable_per_connection", "The smallest leak that would have been seen.",
            amounts(\.smallestDetectable))
    }

    private static func addRows(_ rows: [CheckResult.Row], to page: inout OpenMetricsText) {
        page.gauges(
            "watertight_connections", "Connections by what became of them.",
            rows.flatMap { row in
                row.connections.outcomes.map {
                    ([("lifecycle", row.lifecycle.label), ("outcome", $0.name)], Double($0.count))
                }
            })
        page.gauges(
            "watertight_stalled",
            "1 for a lifecycle under which the target stopped accepting or answering while it lived, 0 for the others.",
            rows.map { ([("lifecycle", $0.lifecycle.label)], $0.stall == nil ? 0 : 1) })
    }

    private static func unit(of finding: CheckResult.Finding) -> [(String, String)] {
        [("unit", finding.resource.unit)]
    }
}

extension DriveCounts {
    /// The numbers of connections by outcome, with the names that reports use.
    var outcomes: [(name: String, count: Int)] {
        [("completed", completed), ("refused", refused), ("broken", broken), ("stalled", stalled)]
    }
}
