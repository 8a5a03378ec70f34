/// How many managers there may be, and when and how fast they are cleaned up.
public struct ManagerLimits: Hashable, Sendable {
    /// Managers of one user; the next is refused.
    public var maximumManagersPerUser = 20
    /// Managers in all, including those of connections that name no user.
    public var maximumManagers = 10_000
    /// Resources, such as connections, of one manager.
    public var maximumResourcesPerManager = 8
    /// The percentage of `maximumManagersPerUser` from which a new manager first frees stale ones.
    public var proactivePercent = 60
    /// The percentage of `maximumManagersPerUser` from which `emergencyStaleLimit` applies.
    public var emergencyPercent = 80
    /// Time without activity after which proactive and background cleanup free a manager.
    public var staleLimit: Duration = .seconds(1800)
    /// Time without activity after which emergency cleanup frees a manager.
    public var emergencyStaleLimit: Duration = .seconds(180)
    /// Time for one manager's resources to close by themselves; then they are aborted.
    public var cleanupLimit: Duration = .milliseconds(500)
    /// The same for a batch: a user's managers, or all of them.
    public var batchCleanupLimit: Duration = .milliseconds(2500)
    /// The same for emergency cleanup.
    public var emergencyCleanupLimit: Duration = .seconds(5)
    /// How often the background cleanup looks for stale managers.
    public var backgroundInterval: Duration = .seconds(60)

    /// The defaults, those of production.
    public init() {}

    /// With as many managers of a user, creating another first frees stale ones: 12 of 20.
    public var proactiveThreshold: Int { Self.share(proactivePercent, of: maximumManagersPerUser) }
    /// With as many managers of a user, creating another is an emergency: 16 of 20.
    public var emergencyThreshold: Int { Self.share(emergencyPercent, of: maximumManagersPerUser) }

    /// Rounded up: with a limit of 1 the first manager is not yet an emergency.
    private static func share(_ percent: Int, of limit: Int) -> Int { (limit * percent + 99) / 100 }
}
