/// What a manager owns, such as a connection.
///
/// Its owner calls ``Manager/release(_:)`` once its descriptor is gone, for whatever reason. Its methods are called
/// from any thread, never while the factory's lock is held.
public protocol ManagedResource: AnyObject, Sendable {
    /// Begins a clean close and returns at once; no effect on one that has ended.
    func beginClosing(for reason: CleanupReason)
    /// Aborts and returns at once; the release follows promptly.
    func closeHard()
}

/// Why a manager ended, or is about to.
public enum CleanupReason: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Its last resource ended by itself: the peer left.
    case released
    /// Its key was given to `cleanup`, alone or in a batch.
    case requested
    /// Its user was given to `forceCleanup`.
    case forced
    /// It was stale, and its user approached the limit.
    case proactive
    /// It was idle, and its user or the factory was close to the limit.
    case emergency
    /// The background cleanup found it stale.
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
    /// Those of them that had to be aborted.
    public let closedHardCount: Int
    /// Those of them that remained even so: a defect of the resource.
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
