import Synchronization
import SystemCalls

/// The owner of one isolation key's resources.
///
/// Made by a ``ManagerFactory`` and valid until it has ended: when its last resource is released, or by a cleanup.
public final class Manager: @unchecked Sendable, CustomStringConvertible {
    /// Who it is for.
    public let identity: ManagerIdentity
    /// Its key in the factory; never changes, so a lookup cannot race.
    public let key: IsolationKey
    /// Retained until the manager has ended.
    let factory: ManagerFactory
    /// Nanoseconds of the factory's clock.
    private let lastActivityNanoseconds: Atomic<Int64>

    // Guarded by the factory's lock, which is why the compiler cannot check that this is Sendable.
    var resources = OwnedResources()
    var phase = Phase.active
    var otherKeys: [IsolationKey] = []

    enum Phase {
        case active
        case ending(Ending)
        /// With the cleanup that ended it; nil if its last resource ended by itself.
        case ended(Cleanup?)
    }

    /// A cleanup under way.
    final class Ending {
        let reason: CleanupReason
        let begun: Duration
        let resourceCount: Int
        /// When what is left is aborted, or, after that, abandoned.
        var deadline: Duration
        let limit: Duration
        var isClosedHard = false
        var closedHardCount = 0
        var waiters: [UnsafeContinuation<Cleanup?, Never>] = []

        init(reason: CleanupReason, begun: Duration, resourceCount: Int, limit: Duration) {
            self.reason = reason
            self.begun = begun
            self.resourceCount = resourceCount
            self.limit = limit
            deadline = begun + limit
        }
    }

    init(_ identity: ManagerIdentity, _ key: IsolationKey, factory: ManagerFactory) {
        self.identity = identity
        self.key = key
        self.factory = factory
        lastActivityNanoseconds = Atomic(factory.elapsed().saturatedNanoseconds)
    }

    /// Records activity: the manager is not stale.
    public func recordActivity() {
        lastActivityNanoseconds.store(factory.elapsed().saturatedNanoseconds, ordering: .relaxed)
    }

    /// Releases a resource whose descriptor is gone; the manager ends with the last one.
    ///
    /// No effect on a resource that it does not own.
    public func release(_ resource: any ManagedResource) {
        factory.release(resource, of: self)
    }

    /// Time without activity so far, by the factory's clock.
    public var idleTime: Duration {
        factory.elapsed() - .nanoseconds(lastActivityNanoseconds.load(ordering: .relaxed))
    }

    /// The key.
    public var description: String { key.description }
}

/// What a manager owns: nearly always one connection, for which a table would be too large.
struct OwnedResources {
    private var first: (any ManagedResource)?
    private var others: [ObjectIdentifier: any ManagedResource] = [:]

    var count: Int { (first == nil ? 0 : 1) + others.count }
    var isEmpty: Bool { first == nil && others.isEmpty }
    var all: [any ManagedResource] { [first].compactMap { $0 } + others.values }

    mutating func insert(_ resource: any ManagedResource) {
        if first === resource { return }
        if first == nil, others[ObjectIdentifier(resource)] == nil {
            first = resource
        } else {
            others[ObjectIdentifier(resource)] = resource
        }
    }

    /// False if it was not there.
    mutating func remove(_ resource: any ManagedResource) -> Bool {
        if first === resource {
            first = nil
            return true
        }
        return others.removeValue(forKey: ObjectIdentifier(resource)) != nil
    }

    mutating func removeAll() { self = OwnedResources() }
}
