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

    private enum CodingKeys: CodingKey { case scenario, environment, passed, checks, durationSeconds, tracking }

    init(
        scenario: Scenario, environment: String, checks: [Check], durationSeconds: Double, tracking: LeakSummary
    ) {
        self.scenario = scenario
        self.environment = environment
        self.checks = checks
        self.durationSeconds = durationSeconds
        self.tracking = tracking
    }

    /// Reads a report; whether it passed follows from its checks.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        scenario = try container.decode(Scenario.self, forKey: .scenario)
        environment = try container.decode(String.self, forKey: .environment)
        checks = try container.decode([Check].self, forKey: .checks)
        durationSeconds = try container.decode(Double.self, forKey: .durationSeconds)
        tracking = try container.decode(LeakSummary.self, forKey: .tracking)
    }

    /// Writes the report, with whether it passed.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(scenario, forKey: .scenario)
        try container.encode(environment, forKey: .environment)
        try container.encode(passed, forKey: .passed)
        try container.encode(checks, forKey: .checks)
        try container.encode(durationSeconds, forKey: .durationSeconds)
        try container.encode(tracking, forKey: .tracking)
    }
}
