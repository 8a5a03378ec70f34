public import Environments
public import Logging
package import Managers

/// Under what circumstances a scenario runs.
public struct ScenarioSetting: Sendable {
    /// The limits that apply, and their environment's name.
    public var limits: EnvironmentLimits
    /// The environment's name, for the report.
    public var environment: String
    /// Whether nothing else happens in this process, so that all its descriptors, threads and memory can be judged.
    public var isAloneInProcess: Bool
    /// The command that starts the built-in server, for scenarios that kill it; `--port 0` and more is added.
    public var serverCommand: [String]

    /// Where violations are logged.
    public var logger = Logger(label: "watertight.scenario")

    /// A setting for these limits.
    public init(
        limits: EnvironmentLimits, environment: String, isAloneInProcess: Bool = false, serverCommand: [String]
    ) {
        self.limits = limits
        self.environment = environment
        self.isAloneInProcess = isAloneInProcess
        self.serverCommand = serverCommand
    }

    /// How long what ought to come at once may take before it counts as not coming.
    package var patience = Duration.seconds(10)
    /// A way in which cleanup is broken, to show that the scenario notices.
    package var defect: ManagerDefect?
}
