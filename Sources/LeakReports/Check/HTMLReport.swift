public import LeakCheck
import LeakStatistics

/// A check's result as one self-contained HTML page: no network, no script.
public struct HTMLReport {
    /// The page, complete.
    public static func render(_ result: CheckResult) -> String {
        let page = CheckPage(result: result)
        return ReportPage(
            title: "\(result.verdict.rawValue): \(result.target) – Watertight", product: "Watertight leak check",
            style: page.style, heading: page.heading,
            parts: page.parts.map { ($0.part.rawValue, $0.part.title, $0.content) },
            foot: "seed \(result.seed) · <code>watertight check --help</code>"
        ).document
    }
}
