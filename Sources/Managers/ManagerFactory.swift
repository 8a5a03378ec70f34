import SystemCalls

/// Creates one isolated manager per isolation key, keeps each user within a limit, and cleans up.
///
/// Every method may be called from any thread, concurrently with all others. Decisions are made under one lock;
/// resources are closed outside it. A manager's key never changes and a lookup sees the factory's one table, so an
/// active manager is always found, and nothing needs a retry.
///
/// End it with ``shutdown()``.
public final class ManagerFactory: Sendable {
    /// The limits of this factory.
    public let limits: ManagerLimits
    /// The factory's age by its clock.
    let elapsed: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void
    let observe: @Sendable (ManagerEvent) -> Void
    let defect: ManagerDefect?
    let state = Locked(State())

    /// A factory with the time of `clock`; `observe` is called for every event, from any thread and outside the lock.
    public convenience init(
        limits: ManagerLimits = ManagerLimits(), clock: some Clock<Duration> = ContinuousClock(),
        observe: @escaping @Sendable (ManagerEvent) -> Void = { _ in }
    ) {
        self.init(limits: limits, clock: clock, defect: nil, observe: observe)
    }

    /// A factory with a planted defect, to show that tests detect it.
    package init(
        limits: ManagerLimits, clock: some Clock<Duration>, defect: ManagerDefect?,
        observe: @escaping @Sendable (ManagerEvent) -> Void = { _ in }
    ) {
        self.limits = limits
        self.observe = observe
        self.defect = defect
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
    }

    deinit {
        state.withLock { state in
            state.background?.cancel()
            state.watch?.cancel()
        }
    }

    // MARK: Creating

    /// The active manager of the identity's key; created if there is none.
    ///
    /// Throws if a limit is reached and no manager is idle enough to be evicted, and after the factory's shutdown. A
    /// manager that never gets a resource stays until it is cleaned up or stale.
    public func manager(for identity: ManagerIdentity) throws(ManagerRefusal) -> Manager {
        try admit(nil, for: identity)
    }

    /// The active manager of the identity's key, created if there is none; it now owns `resource`.
    ///
    /// Creating and handing over are one step, so no cleanup comes between. Throws like ``manager(for:)``, and if the
    /// manager has as many resources as allowed.
    public func admit(_ resource: any ManagedResource, for identity: ManagerIdentity) throws(ManagerRefusal) -> Manager
    {
        try admit(.some(resource), for: identity)
    }

    private func admit(
        _ resource: (any ManagedResource)?, for identity: ManagerIdentity
    ) throws(ManagerRefusal) -> Manager {
        let key = identity.key
        makeRoom(for: identity.user, key)
        do throws(ManagerRefusal) {
            let (manager, isNew) = try state.withLock { state throws(ManagerRefusal) in
                let created = state.statistics.created
                let manager = try state.findOrCreate(identity, key, for: self, adding: resource)
                return (manager, state.statistics.created > created)
            }
            if isNew {
                observe(.created(key))
                startBackgroundCleanup()
            }
            return manager
        } catch {
            observe(.refused(key, error))
            throw error
        }
    }

    // MARK: Finding

    /// The active manager of `key`, or the one associated with it.
    public func manager(at key: IsolationKey) -> Manager? {
        state.withLock { $0.manager(at: key) }
    }

    /// The active manager of `identity`: of its key, or one of the same user that shares an id with it.
    public func existingManager(for identity: ManagerIdentity) -> Manager? {
        state.withLock { $0.find(identity) }
    }

    /// The key of `manager`, compared by identity (`===`), while it is active; nil once it has ended or its cleanup has
    /// begun.
    public func key(of manager: Manager) -> IsolationKey? {
        state.withLock { $0.isActive(manager) ? manager.key : nil }
    }

    /// Makes another key find `manager` too, for operations that derive an id of their own.
    ///
    /// False if the manager is not active, or the key belongs to another one.
    @discardableResult
    public func associate(_ key: IsolationKey, with manager: Manager) -> Bool {
        state.withLock { $0.associate(key, with: manager) }
    }

    /// The keys of a user's active managers.
    public func keys(of user: String) -> [IsolationKey] {
        state.withLock { $0.users[user]?.map(\.key) ?? [] }
    }

    /// The factory in numbers, now.
    public var statistics: ManagerStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.active = state.active.count
            statistics.cleaningUp = state.ending.count
            statistics.resources = state.active.values.reduce(0) { $0 + $1.resources.count }
            statistics.managersPerUser = state.users.mapValues(\.count)
            statistics.anonymous = statistics.active - state.users.values.reduce(0) { $0 + $1.count }
            return statistics
        }
    }
}

/// What a factory reports to its observer.
public enum ManagerEvent: Hashable, Sendable {
    /// A manager was created.
    case created(IsolationKey)
    /// A limit was hit.
    case refused(IsolationKey, ManagerRefusal)
    /// That many managers are being cleaned up.
    case cleanupBegan(CleanupReason, managers: Int)
    /// A cleanup is over; not reported for managers whose peer left by itself.
    case cleanedUp(Cleanup)
}

/// A planted defect, with which tests show that they would detect it.
package enum ManagerDefect: Hashable, Sendable, CaseIterable {
    /// A cleanup forgets the manager and leaves its resources open.
    case leavesResourcesOpen
    /// A cleanup, and the peer's leaving, end the resources and keep the manager.
    case keepsManagers
}
