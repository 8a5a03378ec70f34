public import LeakTracking
public import Managers

extension ManagerCounts {
    /// A factory's statistics as a tracker takes them.
    public init(_ statistics: ManagerStatistics) {
        self.init(
            active: statistics.active, created: statistics.created, cleanedUp: statistics.cleanedUp,
            refused: statistics.refused, usersWithManagers: statistics.usersWithManagers)
    }
}
