/// How much time and memory there is in an environment.
public struct EnvironmentLimits: Hashable, Sendable {
    /// Time for the cleanup of one manager.
    public var cleanupLimit = Duration.zero
    /// Time for the cleanup of several managers at once.
    public var batchCleanupLimit = Duration.zero
    /// Time for an emergency cleanup.
    public var emergencyCleanupLimit = Duration.zero
    /// Cycles of the stress scenario.
    public var stressCycles = 0
    /// Time for all of them.
    public var stressLimit = Duration.zero
    /// Growth of memory beyond which a leak is suspected, in bytes.
    public var memoryGrowthThresholdBytes = 0
    /// Managers that may remain after everything was cleaned up.
    public var managersThatMayRemain = 0
    /// The longest that one cycle may take.
    public var longestCycle = Duration.zero
    /// How often the background cleanup looks for stale managers.
    public var backgroundInterval = Duration.zero
    /// Time without activity after which a manager is stale.
    public var staleLimit = Duration.zero
    /// Time without activity after which it gives way in an emergency.
    public var emergencyStaleLimit = Duration.zero

    /// The values of an environment, nothing overridden.
    public init(_ environment: LeakEnvironment) {
        for setting in EnvironmentSetting.allCases { setting.setDefault(of: environment, in: &self) }
    }
}
