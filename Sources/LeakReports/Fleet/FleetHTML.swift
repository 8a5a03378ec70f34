package import Fleet
import LeakStatistics

/// What a fleet came to as one self-contained HTML page: no network, no script.
package struct FleetHTML {
    /// The page, complete.
    package static func render(_ result: FleetResult) -> String {
        let page = FleetPage(result: result)
        let subject = result.selector.isEmpty ? "a fleet" : result.selector
        return ReportPage(
            title: "\(result.verdict.rawValue): \(subject) – Watertight", product: "Watertight fleet",
            style: result.verdict.rawValue, heading: page.heading,
            parts: page.parts.map { ($0.part.rawValue, $0.part.title, $0.content) },
            foot: "<code>watertight fleet --help</code>"
        ).document
    }
}
