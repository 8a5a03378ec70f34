/// Managers in numbers, as their owner reports them to a tracker.
public struct ManagerCounts: Hashable, Sendable, Codable {
    /// Active now.
    public var active: Int
    /// Ever created.
    public var created: Int
    /// Ended, for any reason.
    public var cleanedUp: Int
    /// Refused, because a limit was reached.
    public var refused: Int
    /// Users who have an active one.
    public var usersWithManagers: Int

    /// Joins counts.
    public init(active: Int, created: Int, cleanedUp: Int, refused: Int = 0, usersWithManagers: Int = 0) {
        self.active = active
        self.created = created
        self.cleanedUp = cleanedUp
        self.refused = refused
        self.usersWithManagers = usersWithManagers
    }

    /// The percentage of created managers that have ended; 100 if none was created.
    public var cleanupPercent: Double { created == 0 ? 100 : 100 * Double(cleanedUp) / Double(created) }
}
