import Synchronization
import SystemCalls

/// The owner of one isolation key's resources.
///
/// Made by a ``ManagerFactory`` and valid until it has ended: when its last resource is released, or by a cleanup. What
/// it owns stands in the factory's tables.
public final class Manager: Sendable, CustomStringConvertible {
    /// Who it is for.
    public let identity: ManagerIdentity
    /// Its key in the factory; never changes, so a lookup cannot race.
    public let key: IsolationKey
    /// Retained until the manager has ended.
    let factory: ManagerFactory
    /// Nanoseconds of the factory's clock.
    private let lastActivityNanoseconds: Atomic<Int64>

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
