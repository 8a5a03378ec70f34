/// Managers in numbers, as a tracker takes them from whoever has some.
public struct ManagerCounts: Hashable, Sendable, Codable {
    /// Active now.
    public var active: Int
    /// Ever created.
    public var created: Int
    /// Ended, however.
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

    /// Those that have ended of those created, in percent; 100 when none was created.
    public var cleanupPercent: Double { created == 0 ? 100 : 100 * Double(cleanedUp) / Double(created) }
}
