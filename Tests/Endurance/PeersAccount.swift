/// How the peers and the bystander among them fared, as one process tells another: lines of `name=value`.
struct PeersAccount {
    var ended = 0
    var seconds = 0.0
    var roundTrips = 0
    var slowestRoundTrip = 0.0
    var opened = 0
    var slowestOpening = 0.0
    /// What went wrong for the bystander.
    var problem: String?

    var lines: [String] {
        [
            "ended=\(ended)", "seconds=\(seconds)", "roundTrips=\(roundTrips)", "slowestRoundTrip=\(slowestRoundTrip)",
            "opened=\(opened)", "slowestOpening=\(slowestOpening)",
        ] + [problem.map { "problem=\($0)" }].compactMap { $0 }
    }

    /// Takes one of the lines; anything else is left alone.
    mutating func read(_ line: String) {
        let halves = line.split(separator: "=", maxSplits: 1)
        guard halves.count == 2 else { return }
        switch halves[0] {
        case "ended": ended = Int(halves[1]) ?? 0
        case "seconds": seconds = Double(halves[1]) ?? 0
        case "roundTrips": roundTrips = Int(halves[1]) ?? 0
        case "slowestRoundTrip": slowestRoundTrip = Double(halves[1]) ?? 0
        case "opened": opened = Int(halves[1]) ?? 0
        case "slowestOpening": slowestOpening = Double(halves[1]) ?? 0
        case "problem": problem = String(halves[1])
        default: break
        }
    }
}
