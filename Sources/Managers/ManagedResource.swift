/// What a manager owns, such as a connection.
///
/// Whoever makes it tells the manager with ``Manager/release(_:)`` once its descriptor is gone, for whatever reason. Its
/// methods are called from any thread, never while the factory's lock is held.
public protocol ManagedResource: AnyObject, Sendable {
    /// Begins to close in good order and returns at once; without effect on one that has ended.
    func beginClosing(for reason: CleanupReason)
    /// Closes hard and returns at once; its release follows promptly.
    func closeHard()
}

/// Why a manager ended, or is about to.
public enum CleanupReason: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Its last resource ended by itself: the peer has left.
    case released
    /// Its key was given to `cleanup`, alone or in a batch.
    case requested
    /// Its user was given to `forceCleanup`.
    case forced
    /// It was stale, and its user came near the limit.
    case proactive
    /// It was idle, and its user, or the factory, came close to the limit.
    case emergency
    /// It was stale when the background cleanup looked.
    case background
    /// The factory ended.
    case shutdown
}

/// How one manager was cleaned up.
public struct Cleanup: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The manager's key.
    public let key: IsolationKey
    /// Why.
    public let reason: CleanupReason
    /// Resources that it owned when the cleanup began.
    public let resourceCount: Int
    /// Of them, those that had to be closed hard.
    public let closedHardCount: Int
    /// Of them, those that were not gone even so: a defect of the resource.
    public let remainingCount: Int
    /// From the beginning until the last resource was gone, by the factory's clock.
    public let duration: Duration

    /// What happened, in a line.
    public var description: String {
        "\(reason.rawValue) cleanup of \(key): \(resourceCount) resources in \(duration)"
            + (closedHardCount > 0 ? ", \(closedHardCount) closed hard" : "")
            + (remainingCount > 0 ? ", \(remainingCount) REMAIN" : "")
    }
}
