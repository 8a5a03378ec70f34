/// What the time of a check went into, in seconds; what is not listed is the rest.
public struct TimeSpent: Hashable, Sendable, Codable {
    /// Waiting for processes of the target to start; most start while other rows are driven.
    public var startingSeconds = 0.0
    /// Making connections.
    public var drivingSeconds = 0.0
    /// Waiting until the target had worked them off.
    public var settlingSeconds = 0.0
    /// Reading the target, with its collections.
    public var readingSeconds = 0.0
    /// Judging what was read.
    public var judgingSeconds = 0.0
    /// Pauses in which nothing was driven, and waiting for a heartbeat.
    public var waitingSeconds = 0.0
    /// Looking for causes, after the verdict.
    public var explainingSeconds = 0.0

    /// None yet.
    public init() {}

    private var parts: [(name: String, seconds: Double)] {
        [
            ("starting", startingSeconds), ("driving", drivingSeconds), ("settling", settlingSeconds),
            ("reading", readingSeconds), ("judging", judgingSeconds), ("waiting", waitingSeconds),
            ("explaining", explainingSeconds),
        ]
    }

    /// What was spent beyond `earlier`, for a line of the log: the parts that took a millisecond or more.
    func words(since earlier: TimeSpent = TimeSpent()) -> String {
        zip(parts, earlier.parts).map { ($0.name, $0.seconds - $1.seconds) }.filter { $0.1 >= 0.001 }
            .map { "\($0.0) \(($0.1 * 1000).rounded() / 1000) s" }.joined(separator: ", ")
    }
}
