public import LeakTracking

/// What came of a scenario.
public struct ScenarioReport: Sendable, Codable {
    /// The scenario.
    public var scenario: Scenario
    /// The environment whose limits applied.
    public var environment: String
    /// Whether every check passed.
    public var passed: Bool { checks.allSatisfy(\.passed) }
    /// What was checked, in order.
    public var checks: [Check]
    /// How long it took, in seconds.
    public var durationSeconds: Double
    /// Snapshots, timings and violations on the way.
    public var tracking: LeakSummary

    /// One expectation.
    public struct Check: Sendable, Hashable, Codable {
        /// What is expected.
        public var expectation: String
        /// What was found.
        public var found: String
        /// Whether that is it.
        public var passed: Bool
        /// Managers and sockets that show what went wrong; empty when it passed.
        public var evidence: [String]
    }

    enum CodingKeys: CodingKey { case scenario, environment, checks, durationSeconds, tracking }
}
