import SystemCalls

/// The factory in numbers, at one moment; totals count from its creation.
public struct ManagerStatistics: Hashable, Sendable, Codable {
    /// Managers that are active.
    public var active = 0
    /// The most that were ever active at a time.
    public var peakActive = 0
    /// Managers whose cleanup is under way.
    public var cleaningUp = 0
    /// Managers ever created.
    public var created = 0
    /// How often a requested key already had an active manager.
    public var reused = 0
    /// Managers that have ended, by reason.
    public var ended: [CleanupReason: Int] = [:]
    /// Managers refused because the user had as many as allowed.
    public var refusedByUserLimit = 0
    /// Managers refused because there were as many as allowed.
    public var refusedByGlobalLimit = 0
    /// Resources refused because the manager owned as many as allowed.
    public var refusedByResourceLimit = 0
    /// Resources, such as connections, that active managers own.
    public var resources = 0
    /// Resources that had to be aborted.
    public var closedHard = 0
    /// Active managers of each user that has any.
    public var managersPerUser: [String: Int] = [:]
    /// Active managers of no user.
    public var anonymous = 0
    /// How long cleanups took; a peer that leaves by itself does not count.
    public var cleanupDurations = DurationHistogram()

    init() {}

    /// Managers that have ended, for any reason.
    public var cleanedUp: Int { ended.values.reduce(0, +) }
    /// Refusals by any limit.
    public var refused: Int { refusedByUserLimit + refusedByGlobalLimit + refusedByResourceLimit }
    /// Users with an active manager.
    public var usersWithManagers: Int { managersPerUser.count }
    /// The percentage of created managers that have ended; 100 if none was created.
    public var cleanupPercent: Double { created == 0 ? 100 : 100 * Double(cleanedUp) / Double(created) }
}

/// Durations counted in fixed ranges; it never grows.
public struct DurationHistogram: Hashable, Sendable, Codable {
    /// The upper bounds of the ranges, in seconds; the last range is open.
    public static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// How many fell into each range, one more than there are bounds.
    public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// How many there were.
    public private(set) var count = 0
    /// Their sum in seconds.
    public private(set) var sumSeconds = 0.0
    /// The longest, in seconds.
    public private(set) var maximumSeconds = 0.0

    /// The mean in seconds; 0 if there was none.
    public var meanSeconds: Double { count == 0 ? 0 : sumSeconds / Double(count) }

    /// Counts one.
    mutating func add(_ duration: Duration) {
        let seconds = duration.inSeconds
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        count += 1
        sumSeconds += seconds
        maximumSeconds = max(maximumSeconds, seconds)
    }
}

extension IsolationKey {
    enum CodingKeys: String, CodingKey { case user, kind, id }
}
