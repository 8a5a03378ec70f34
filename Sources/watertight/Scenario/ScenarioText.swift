import LeakTracking
import Scenarios

/// A scenario's report as lines to read.
enum ScenarioText {
    static func render(_ report: ScenarioReport) -> String {
        var lines = ["\(report.scenario.rawValue) (environment \(report.environment))"]
        for check in report.checks {
            lines.append("  \(check.passed ? "ok   " : "FAILS")  \(check.expectation): \(check.found)")
            lines += check.evidence.map { "           \($0)" }
        }
        for timing in report.tracking.timings {
            lines.append("  time   \(timing)")
        }
        let failed = report.checks.count { !$0.passed }
        let seconds = "\((report.durationSeconds * 100).rounded() / 100) s"
        lines.append(
            failed == 0
                ? "  passed: \(report.checks.count) checks in \(seconds)"
                : "  FAILED: \(failed) of \(report.checks.count) checks in \(seconds)")
        return lines.joined(separator: "\n")
    }
}
