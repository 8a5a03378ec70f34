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

    /// What was spent beyond what `earlier` says.
    func since(_ earlier: TimeSpent) -> TimeSpent {
        var rest = self
        rest.startingSeconds -= earlier.startingSeconds
        rest.drivingSeconds -= earlier.drivingSeconds
        rest.settlingSeconds -= earlier.settlingSeconds
        rest.readingSeconds -= earlier.readingSeconds
        rest.judgingSeconds -= earlier.judgingSeconds
        rest.waitingSeconds -= earlier.waitingSeconds
        rest.explainingSeconds -= earlier.explainingSeconds
        return rest
    }
}

extension TimeSpent: CustomStringConvertible {
    /// The parts that took a millisecond or more, for a line of the log.
    public var description: String {
        [
            ("starting", startingSeconds), ("driving", drivingSeconds), ("settling", settlingSeconds),
            ("reading", readingSeconds), ("judging", judgingSeconds), ("waiting", waitingSeconds),
            ("explaining", explainingSeconds),
        ].filter { $0.1 >= 0.001 }.map { "\($0.0) \(($0.1 * 1000).rounded() / 1000) s" }.joined(separator: ", ")
    }
}
