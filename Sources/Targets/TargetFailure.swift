/// A check or a watch that could not begin.
public enum TargetFailure: Error, Sendable, CustomStringConvertible {
    /// The target cannot be started, reached or read.
    case unreachable(String)
    /// The target can be reached, and its certificate does not prove that it is meant.
    case untrusted(String)
    /// What was asked for is wrong in itself.
    case invalid(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .unreachable(let problem), .untrusted(let problem), .invalid(let problem): problem
        }
    }
}
