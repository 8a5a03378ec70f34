public import Remedies

/// How one peer's script ended.
public enum PeerOutcome: Hashable, Sendable {
    /// Every step was carried out, or the target ended the connection once the lifecycle had reached its point.
    case completed
    /// The target refused the connection or the upgrade.
    case refused(Problem)
    /// The target opened the connection without the permessage-deflate that the lifecycle insists on.
    case uncompressed
    /// The target accepted what the lifecycle expects to be refused.
    case accepted
    /// The target is not what the lifecycle is about, for this reason, such as a version of TLS that it does not speak.
    case unsuited(String)
    /// The connection broke, or the target broke the protocol.
    case broken(String)
    /// The target did not act within the step's limit.
    case stalled(Lifecycle.Step)
    /// This side could not take part: no descriptor or port was left.
    case notAttempted(String)
}

extension PeerOutcome {
    /// What went wrong, in words; nil if nothing did.
    var problem: Problem? {
        switch self {
        case .completed: nil
        case .refused(let problem): "refused: \(problem)"
        case .uncompressed: "the target does not agree to permessage-deflate"
        case .accepted: "the target accepts what was to be refused"
        case .unsuited(let problem), .broken(let problem), .notAttempted(let problem): Problem(problem)
        case .stalled(let step): "the target did not act in time (\(step))"
        }
    }
}

extension Problem {
    /// The same with what came in place of a message that was waited for.
    func with(_ latestMessage: String?) -> Problem { latestMessage.map { "\(self); \($0)" } ?? self }
}
