public import Remedies

/// A check or a watch that could not begin.
public enum TargetFailure: Error, Sendable, Problematic, CustomStringConvertible {
    /// The target cannot be started, reached or read.
    case unreachable(Problem)
    /// The target can be reached, and its certificate does not prove that it is meant.
    case untrusted(Problem)
    /// What was asked for is wrong in itself.
    case invalid(Problem)

    /// What is wrong and what to do.
    public var problem: Problem {
        switch self {
        case .unreachable(let problem), .untrusted(let problem), .invalid(let problem): problem
        }
    }

    /// What is wrong.
    public var description: String { problem.description }
}
