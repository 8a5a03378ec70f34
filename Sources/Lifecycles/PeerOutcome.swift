/// How one peer's script ended.
public enum PeerOutcome: Hashable, Sendable {
    /// Every step was carried out.
    case completed
    /// The target refused the connection or the upgrade.
    case refused(String)
    /// The target opened the connection without the permessage-deflate that the lifecycle insists on.
    case uncompressed
    /// The target accepted what the lifecycle expects to be refused.
    case accepted
    /// The connection broke, or the target broke the protocol.
    case broken(String)
    /// The target did not act within the step's limit.
    case stalled(Lifecycle.Step)
    /// This side could not take part: no descriptor or port was left.
    case notAttempted(String)
}

/// What became of the connections of one drive.
public struct DriveCounts: Hashable, Sendable {
    /// Connections begun.
    public var attempted = 0
    /// Those whose script ran to its end.
    public var completed = 0
    /// Those that the target refused.
    public var refused = 0
    /// Of those, the ones to which the target did not agree to compress.
    public var uncompressed = 0
    /// Those that were to be refused, and that the target accepted.
    public var accepted = 0
    /// Those that broke.
    public var broken = 0
    /// Those for which the target did not act in time.
    public var stalled = 0
    /// The step in which the first of those was left waiting.
    public var firstStall: Lifecycle.Step?
    /// Those that this side could not begin, for want of a descriptor or a port; not among the attempted.
    public var notAttempted = 0
    /// How many of the last did not end as wanted, one after another.
    public var failuresAtEnd = 0
    /// The first thing that went wrong, in words.
    public var firstProblem: String?

    /// None yet.
    public init() {}

    /// Adds those of another drive.
    public static func += (left: inout DriveCounts, right: DriveCounts) {
        left.attempted += right.attempted
        left.completed += right.completed
        left.refused += right.refused
        left.uncompressed += right.uncompressed
        left.accepted += right.accepted
        left.broken += right.broken
        left.stalled += right.stalled
        left.firstStall = left.firstStall ?? right.firstStall
        left.notAttempted += right.notAttempted
        left.failuresAtEnd = right.failuresAtEnd
        left.firstProblem = left.firstProblem ?? right.firstProblem
    }

    mutating func add(_ outcome: PeerOutcome) {
        attempted += 1
        failuresAtEnd = outcome == .completed ? 0 : failuresAtEnd + 1
        switch outcome {
        case .completed: completed += 1
        case .refused(let problem):
            refused += 1
            note("refused: \(problem)")
        case .uncompressed:
            refused += 1
            uncompressed += 1
            note("the target does not agree to permessage-deflate")
        case .accepted:
            accepted += 1
            note("the target accepts what was to be refused")
        case .broken(let problem):
            broken += 1
            note(problem)
        case .stalled(let step):
            stalled += 1
            firstStall = firstStall ?? step
            note("the target did not act in time (\(step))")
        case .notAttempted(let problem):
            attempted -= 1
            notAttempted += 1
            note(problem)
        }
    }

    private mutating func note(_ problem: String) {
        firstProblem = firstProblem ?? problem
    }
}
