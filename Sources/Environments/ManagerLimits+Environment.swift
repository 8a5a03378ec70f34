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
