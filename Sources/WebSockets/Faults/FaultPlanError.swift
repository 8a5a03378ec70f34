import WebSocketProtocol

/// Text that names no failure of a `FaultPlan`.
public struct FaultPlanError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was given.
    public let text: String

    /// What was given, and what is valid.
    public var description: String {
        let failures = FaultPlan.Failure.allCases.map(\.rawValue).joined(separator: ", ")
        return "\"\(text.escapedForTerminal)\" is no failure: write EVERY:FAILURE, such as 50:reset, "
            + "with a number of messages from 1 on and one of \(failures)"
    }
}
