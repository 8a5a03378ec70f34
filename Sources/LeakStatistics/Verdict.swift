/// The verdict on one resource under one lifecycle, and on a whole check.
public enum Verdict: String, Hashable, Sendable, Codable {
    /// A leak of the size that matters would have been detected, and there was none.
    case clean
    /// Each connection leaves something behind for good.
    case leak
    /// The run supports neither.
    case inconclusive

    /// The verdict over several: a leak if any is one, otherwise inconclusive if any is.
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
