import Fleet
import LeakStatistics

/// The worst of a fleet's findings, where it has more than a report for people can show.
struct FleetExcerpt {
    /// What is shown: in the order in which it was where that is all, otherwise the worst first.
    let shown: [FleetResult.Finding]
    /// How many are left out, by verdict.
    let leftOut: [Verdict: Int]

    /// So many rows a table has on a terminal and in Markdown. With a sentence for each, that is some 40 KB: it scrolls past in
    /// moments, and fits a comment of GitHub, which has at most 65,536 characters, as well as the summary of a job.
    static let mostRows = 100

    /// At most `most` of `findings`.
    init(_ findings: [FleetResult.Finding], most: Int = Self.mostRows) {
        guard findings.count > most else {
            (shown, leftOut) = (findings, [:])
            return
        }
        let ordered = Self.worstFirst(findings)
        shown = Array(ordered.prefix(most))
        leftOut = ordered.dropFirst(most).reduce(into: [:]) { $0[$1.verdict ?? .inconclusive, default: 0] += 1 }
    }

    /// What is left out, in words: `4,900 more are not shown here: 12 leak, 4,888 clean; the JSON report has all`; nil for
    /// nothing.
    var rest: String? {
        let count = leftOut.values.reduce(0, +)
        guard count > 0 else { return nil }
        let parts = [Verdict.leak, .inconclusive, .clean].compactMap { verdict in
            leftOut[verdict].map { "\(Amount.whole(Double($0))) \(verdict.rawValue)" }
        }
        return
            "the worst \(Amount.whole(Double(shown.count))) stand here; \(Amount.whole(Double(count))) more are left out: "
            + "\(parts.joined(separator: ", ")); the JSON report has all"
    }

    /// Leaks first, those that reach a limit soonest before the others, and those of the baseline after them; then what is
    /// inconclusive, then what is clean; within these by how much a connection leaves, or may leave, as a multiple of what
    /// matters for the resource.
    static func worstFirst(_ findings: [FleetResult.Finding]) -> [FleetResult.Finding] {
        findings.enumerated().map { (key: Badness($1), place: $0, finding: $1) }
            .sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map(\.finding)
    }

    /// What is worse is less, so that it comes first.
    private struct Badness: Comparable {
        private let rank: Int
        private let end: Double
        private let amount: Double

        init(_ finding: FleetResult.Finding) {
            switch finding.verdict {
            case .leak: rank = finding.isBaseline ? 1 : 0
            case .inconclusive: rank = 2
            case .clean: rank = 3
            case nil: rank = 4
            }
            end = finding.exhaustion?.time ?? .infinity
            let bound = finding.verdict == .leak ? finding.perConnection : finding.smallestDetectable
            amount = (bound ?? 0) / finding.resource.scale.required
        }

        static func < (left: Badness, right: Badness) -> Bool {
            (left.rank, left.end, -left.amount) < (right.rank, right.end, -right.amount)
        }
    }
}
