import LeakCheck
import LeakStatistics

/// Color on a terminal that wants it.
struct Style {
    enum Colour: String {
        case red = "31", green = "32", yellow = "33"
    }

    var usesColour: Bool

    func paint(_ text: String, _ colour: Colour) -> String {
        usesColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    static func colour(of verdict: Verdict) -> Colour {
        switch verdict {
        case .clean: .green
        case .leak: .red
        case .inconclusive: .yellow
        }
    }

    /// A known leak looks like a doubt.
    static func colour(of finding: CheckResult.Finding) -> Colour {
        finding.knownLeak == nil ? colour(of: finding.verdict) : .yellow
    }

    static func colour(of result: CheckResult) -> Colour {
        if result.verdictBesideKnown == .leak { return .red }
        return result.verdict == .clean ? .green : .yellow
    }
}
