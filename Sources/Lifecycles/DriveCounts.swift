public import Remedies
public import Sockets

/// What became of the connections of one drive.
public struct DriveCounts: Hashable, Sendable, Codable {
    /// Connections begun.
    public var attempted = 0
    /// Connections that reached the point of the lifecycle and ended, in any way.
    public var completed = 0
    /// Connections that the target refused.
    public var refused = 0
    /// The refused ones for which the target did not negotiate compression.
    public var uncompressed = 0
    /// Connections that should be refused, and that the target accepted.
    public var accepted = 0
    /// Connections to a target that is not what the lifecycle is about.
    public var unsuited = 0
    /// Connections that broke before the point of the lifecycle.
    public var broken = 0
    /// Connections for which the target did not act in time.
    public var stalled = 0
    /// The step in which the first of those waited in vain.
    public var firstStall: Lifecycle.Step?
    /// Connections that this side could not begin, for lack of a descriptor or a port; not among the attempted.
    public var notAttempted = 0
    /// How many of the last, in a row, failed.
    public var failuresAtEnd = 0
    /// The first thing that went wrong.
    public var firstProblem: Problem?

    /// What went wrong in the opening of the first connection that failed there, with its step.
    public var openingProblem: Problem?

    /// The completed ones that the target ended in its own way, before the end of the steps.
    public var endedOtherwise = 0
    /// How the first of those ended.
    public var firstDeviation: PeerDeviation?
    /// Connections, completed or broken, in which the target broke RFC 6455 after the upgrade.
    public var violations = 0
    /// What the target did in the first of those.
    public var firstViolation: ProtocolViolation?

    /// Pings of the target that came while a peer stayed and read.
    public var pings = 0
    /// The shortest time from an upgrade to such a Ping.
    public var firstPingAfter: Duration?
    /// Connections that the target ended while the peer stayed: it ended TCP, or sent its Close to a peer that listens.
    public var letGo = 0
    /// The shortest time from the beginning of a stay to such an end.
    public var firstLetGoAfter: Duration?
    /// The longest time from the beginning of a stay to such an end.
    public var lastLetGoAfter: Duration?

    /// Why the first connection that could not be encrypted, or not any more, could not; nil where all could.
    public var encryptionFailure: EncryptionFailure?

    /// What the first encrypted connection agreed on; nil where none is encrypted or came so far.
    public var encryption: EncryptionSummary?

    /// No connections.
    public init() {}

    /// Adds the counts of another drive.
    public static func += (left: inout DriveCounts, right: DriveCounts) {
        left.attempted += right.attempted
        left.completed += right.completed
        left.refused += right.refused
        left.uncompressed += right.uncompressed
        left.accepted += right.accepted
        left.unsuited += right.unsuited
        left.broken += right.broken
        left.stalled += right.stalled
        left.firstStall = left.firstStall ?? right.firstStall
        left.notAttempted += right.notAttempted
        left.failuresAtEnd = right.failuresAtEnd
        left.firstProblem = left.firstProblem ?? right.firstProblem
        left.openingProblem = left.openingProblem ?? right.openingProblem
        left.endedOtherwise += right.endedOtherwise
        left.firstDeviation = left.firstDeviation ?? right.firstDeviation
        left.violations += right.violations
        left.firstViolation = left.firstViolation ?? right.firstViolation
        left.encryption = left.encryption ?? right.encryption
        left.encryptionFailure = left.encryptionFailure ?? right.encryptionFailure
        left.pings += right.pings
        left.firstPingAfter = least(left.firstPingAfter, right.firstPingAfter)
        left.letGo += right.letGo
        left.firstLetGoAfter = least(left.firstLetGoAfter, right.firstLetGoAfter)
        left.lastLetGoAfter = most(left.lastLetGoAfter, right.lastLetGoAfter)
    }

    private static func least(_ one: Duration?, _ other: Duration?) -> Duration? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    private static func most(_ one: Duration?, _ other: Duration?) -> Duration? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }
}

extension DriveCounts {
    /// Counts one connection.
    mutating func add(_ outcome: PeerOutcome, _ notes: PeerNotes) {
        attempted += 1
        failuresAtEnd = outcome == .completed ? 0 : failuresAtEnd + 1
        add(notes, isCompleted: outcome == .completed)
        if let problem = outcome.problem {
            let problem = problem.with(notes.latestMessage)
            firstProblem = firstProblem ?? problem
            if let step = notes.openingStep { openingProblem = openingProblem ?? "step \(step + 1): \(problem)" }
        }
        switch outcome {
        case .completed: completed += 1
        case .refused: refused += 1
        case .uncompressed:
            refused += 1
            uncompressed += 1
        case .accepted: accepted += 1
        case .unsuited: unsuited += 1
        case .broken: broken += 1
        case .stalled(let step):
            stalled += 1
            firstStall = firstStall ?? step
        case .notAttempted:
            attempted -= 1
            notAttempted += 1
        }
    }

    private mutating func add(_ notes: PeerNotes, isCompleted: Bool) {
        if isCompleted, let deviation = notes.deviation {
            endedOtherwise += 1
            firstDeviation = firstDeviation ?? deviation
        }
        if let violation = notes.violation {
            violations += 1
            firstViolation = firstViolation ?? violation
        }
        pings += notes.pings
        firstPingAfter = Self.least(firstPingAfter, notes.firstPingAfter)
        if let after = notes.letGoAfter {
            letGo += 1
            firstLetGoAfter = Self.least(firstLetGoAfter, after)
            lastLetGoAfter = Self.most(lastLetGoAfter, after)
        }
    }
}
