/// What is said of one resource under one lifecycle, and of a whole check.
public enum Verdict: String, Hashable, Sendable, Codable {
    /// A leak of the size that matters would have been seen, and there was none.
    case clean
    /// Each connection leaves something behind for good.
    case leak
    /// The run does not allow either.
    case inconclusive

    /// The verdict over several: any leak makes a leak, otherwise anything undecided makes it inconclusive.
    public static func overall(_ verdicts: some Sequence<Verdict>) -> Verdict {
        var overall = Verdict.clean
        var isEmpty = true
        for verdict in verdicts {
            isEmpty = false
            if verdict == .leak { return .leak }
            if verdict == .inconclusive { overall = .inconclusive }
        }
        return isEmpty ? .inconclusive : overall
    }
}
