import Causes
import SystemCalls

/// How often a replay runs the body: pure, so that it can be tested.
struct ReplayLoad: Equatable {
    /// Runs before the first snapshot.
    var warmUp: Int
    /// Runs of each of two intervals.
    var runs: Int

    /// How long the runs of a replay may take together, as far as that is known before.
    private static let limit = Duration.seconds(30)
    /// By how much a body may be slower that is traced.
    private static let slowdown = 2.0
    /// Runs of an interval where nothing else is needed.
    private static let usualRuns = 200
    private static let mostRuns = 1000
    private static let leastRuns = 10
    /// Occurrences of an interval by which a cause is told from noise.
    private static let occurrences = 10.0
}

extension ReplayLoad {
    /// The runs that explain what was found: `rates` are the counts that each run leaves, `descriptors` those of them that are
    /// descriptors, of which a process can have `mostDescriptors`.
    init(
        runLasts run: Duration, rates: [Double], descriptors: Double, mostDescriptors: Int
    ) throws(Explanation.Failure) {
        let wanted = rates.filter { $0 > 0 }.map { Self.occurrences / $0 }.max() ?? 0
        let needed = min(Double(Self.mostRuns), max(Double(Self.usualRuns), wanted.rounded(.up)))
        // A warm-up of half an interval, and two intervals.
        let inTime = Self.limit / run / Self.slowdown / 2.5
        // As many again are for whatever else is open.
        let inNumber = descriptors > 0 ? Double(mostDescriptors) / 2 / descriptors / 2.5 : .infinity
        runs = Int(min(needed, inTime, inNumber))
        warmUp = runs / 2
        guard runs < Self.leastRuns else { return }
        guard inTime >= Double(Self.leastRuns) else {
            throw Explanation.Failure(
                "a run takes \(Int((run / .milliseconds(1)).rounded())) ms, so that too few of them fit into \(Self.limit)",
                remedy: "check less in a run")
        }
        throw Explanation.Failure(
            "each run leaves so many descriptors that a process cannot open those of enough runs",
            remedy: "raise its limit of open files, as with ulimit -n")
    }
}
