package import Fleet
import LeakStatistics

/// What a fleet came to as a page of OpenMetrics 1.0, for a textfile collector or a push gateway.
package struct FleetOpenMetrics {
    /// The page, complete with its end mark.
    package static func render(_ result: FleetResult) -> String {
        var page = OpenMetricsText()
        let metrics = GrowthMetrics(
            prefix: "watertight_fleet",
            rows: result.findings.map { finding in
                .init(
                    labels: labels(finding), resource: finding.resource, verdict: finding.verdict,
                    perConnection: finding.perConnection, interval: finding.interval,
                    smallestDetectable: finding.smallestDetectable)
            })
        metrics.addVerdicts(to: &page, of: "a resource of a group of pods")
        metrics.addAmounts(to: &page)
        page.gauges(
            "watertight_fleet_connections", "Connections that the pods accepted while they were read.",
            result.findings.map { (labels($0), $0.connections) })
        page.gauges(
            "watertight_fleet_limit_timestamp_seconds", unit: "seconds",
            "When the first pod reaches its limit, in seconds since the epoch.",
            result.findings.compactMap { finding in
                finding.exhaustion.map { (labels(finding) + [("pod", $0.pod)], $0.time) }
            })
        page.gauge(
            "watertight_fleet_complete", "1 for a fleet that was read to the end, 0 for one that was not.",
            result.interruption == nil ? 1 : 0)
        page.gauge(
            "watertight_fleet_read_until_timestamp_seconds", unit: "seconds",
            "Up to when every gauge was read that was judged, in seconds since the epoch.",
            result.interruption?.readUntil ?? result.time.upperBound)
        page.gauge(
            "watertight_fleet_duration_seconds", unit: "seconds", "How long it took to read and to judge.",
            result.durationSeconds)
        return page.finished
    }

    private static func labels(_ finding: FleetResult.Finding) -> [(String, String)] {
        (finding.group.map { [("group", $0)] } ?? []) + [("resource", finding.resource.rawValue)]
    }
}
