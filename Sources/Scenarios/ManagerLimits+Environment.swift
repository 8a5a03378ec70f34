public import LeakTracking
public import Managers

extension ManagerLimits {
    /// Takes over what the environment says of managers.
    public mutating func apply(_ environment: EnvironmentLimits) {
        cleanupLimit = environment.cleanupLimit
        batchCleanupLimit = environment.batchCleanupLimit
        emergencyCleanupLimit = environment.emergencyCleanupLimit
        backgroundInterval = environment.backgroundInterval
        staleLimit = environment.staleLimit
        emergencyStaleLimit = environment.emergencyStaleLimit
    }
}

extension ManagerCounts {
    /// A factory's statistics as a tracker takes them.
    public init(_ statistics: ManagerStatistics) {
        self.init(
            active: statistics.active, created: statistics.created, cleanedUp: statistics.cleanedUp,
            refused: statistics.refused, usersWithManagers: statistics.usersWithManagers)
    }
}
