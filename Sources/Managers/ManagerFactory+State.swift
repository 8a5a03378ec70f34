extension ManagerFactory {
    /// The tables, all behind one lock.
    struct State {
        var active: [IsolationKey: Active] = [:]
        /// Further keys by which an active manager is found.
        var otherKeys: [IsolationKey: Manager] = [:]
        var users: [String: [Manager]] = [:]
        var ending: [ObjectIdentifier: Ending] = [:]
        var statistics = ManagerStatistics()
        var background: Task<Void, Never>?
        /// Waits for the next cleanup's deadline; nil while there is none.
        var watch: Task<Void, Never>?
        var watchEnd: Duration?
        var isShutDown = false
    }

    /// An active manager and what is its.
    struct Active {
        let manager: Manager
        var resources = OwnedResources()
        var otherKeys: [IsolationKey] = []

        /// Owns `resource` from now on; false if it owns as many as `limit` allows.
        mutating func add(_ resource: (any ManagedResource)?, limit: Int) -> Bool {
            guard let resource else { return true }
            guard resources.count < limit else { return false }
            resources.insert(resource)
            return true
        }
    }

    /// A manager whose cleanup is under way.
    struct Ending {
        let manager: Manager
        var resources: OwnedResources
        let reason: CleanupReason
        let begun: Duration
        let limit: Duration
        let resourceCount: Int
        /// When what is left is aborted, or, after that, abandoned.
        var deadline: Duration
        var isClosedHard = false
        var closedHardCount = 0
        let pending = PendingCleanup()

        init(_ active: Active, reason: CleanupReason, begun: Duration, limit: Duration) {
            manager = active.manager
            resources = active.resources
            resourceCount = active.resources.count
            self.reason = reason
            self.begun = begun
            self.limit = limit
            deadline = begun + limit
        }
    }

    /// A cleanup that has begun: what is to be closed, and the cleanup's end.
    struct Began {
        let manager: Manager
        let resources: [any ManagedResource]
        /// Nil only with a planted defect, which ends nothing.
        let pending: PendingCleanup?
    }

    /// A cleanup that is over, and where that is awaited.
    struct Finished {
        let cleanup: Cleanup
        let pending: PendingCleanup
    }
}

extension ManagerFactory.State {
    typealias Active = ManagerFactory.Active
    typealias Ending = ManagerFactory.Ending
    typealias Began = ManagerFactory.Began
    typealias Finished = ManagerFactory.Finished

    /// Whether `manager` is active.
    func isActive(_ manager: Manager) -> Bool { active[manager.key]?.manager === manager }

    mutating func findOrCreate(
        _ identity: ManagerIdentity, _ key: IsolationKey, for factory: ManagerFactory,
        adding resource: (any ManagedResource)?
    ) throws(ManagerRefusal) -> Manager {
        let limits = factory.limits
        guard !isShutDown else { throw .shutDown }
        if let index = active.index(forKey: key) {
            guard active.values[index].add(resource, limit: limits.maximumResourcesPerManager) else {
                throw resourceLimit(key, limits)
            }
            statistics.reused += 1
            active.values[index].manager.recordActivity()
            return active.values[index].manager
        }
        if let user = identity.user, users[user]?.count ?? 0 >= limits.maximumManagersPerUser {
            statistics.refusedByUserLimit += 1
            throw .userLimit(user: user, limit: limits.maximumManagersPerUser)
        }
        guard active.count < limits.maximumManagers else {
            statistics.refusedByGlobalLimit += 1
            throw .globalLimit(limits.maximumManagers)
        }
        let manager = Manager(identity, key, factory: factory)
        var entry = Active(manager: manager)
        guard entry.add(resource, limit: limits.maximumResourcesPerManager) else { throw resourceLimit(key, limits) }
        active[key] = entry
        if let user = identity.user { users[user, default: []].append(manager) }
        statistics.created += 1
        statistics.peakActive = max(statistics.peakActive, active.count)
        return manager
    }

    private mutating func resourceLimit(_ key: IsolationKey, _ limits: ManagerLimits) -> ManagerRefusal {
        statistics.refusedByResourceLimit += 1
        return .resourceLimit(key, limit: limits.maximumResourcesPerManager)
    }

    /// Exact keys first, then the user's managers that share an id, newest first.
    func find(_ identity: ManagerIdentity) -> Manager? {
        if let manager = manager(at: identity.key) { return manager }
        guard let user = identity.user else { return nil }
        return users[user]?.last { $0.identity.matches(identity) }
    }

    /// The active manager of `key`, or the one associated with it.
    func manager(at key: IsolationKey) -> Manager? { active[key]?.manager ?? otherKeys[key] }

    /// Makes another key find `manager` too; false if it is not active, or the key belongs to another one.
    mutating func associate(_ key: IsolationKey, with manager: Manager) -> Bool {
        guard isActive(manager) else { return false }
        if let owner = self.manager(at: key) { return owner === manager }
        otherKeys[key] = manager
        active[manager.key]?.otherKeys.append(key)
        return true
    }
}
