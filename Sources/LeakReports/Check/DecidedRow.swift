public import LeakCheck
import LeakStatistics
import Lifecycles

/// A row in one line, for a terminal, at the moment when it is decided.
public struct DecidedRow {
    private let row: CheckResult.Row
    private let style: Style

    /// A line for `row`, in color or not.
    public init(_ row: CheckResult.Row, usesColour: Bool) {
        self.row = row
        style = Style(usesColour: usesColour)
    }

    /// `leak  fin  0.50 descriptors, 64 B of live heap`; the first word is that of the row's worst finding.
    public var line: String {
        let verdict = Verdict.overall(row.resources.map(\.verdict))
        let word = row.stall == nil ? verdict.rawValue : "stalled"
        let pad = String(repeating: " ", count: max(0, Verdict.inconclusive.rawValue.count - word.count))
        return style.paint(word, Style.colour(of: verdict)) + pad + "  \(row.lifecycle.label)"
            + (details.isEmpty ? "" : "  " + details)
    }

    /// What leaks, with its amounts, else what could not be judged; nothing of a row that is clean.
    private var details: String {
        let leaks = row.resources.filter { $0.verdict == .leak }
        guard leaks.isEmpty else {
            return leaks.map { finding in
                let amount = finding.perConnection.map { Amount.text($0, finding.resource) } ?? "some"
                return amount + finding.resource.suffix
            }.joined(separator: ", ")
        }
        return row.resources.filter { $0.verdict == .inconclusive }.map(\.resource.rawValue).joined(separator: ", ")
    }
}
