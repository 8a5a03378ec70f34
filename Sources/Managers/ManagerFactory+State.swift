extension ManagerFactory.State {
    typealias Managers = [Manager]

    mutating func findOrCreate(
        _ identity: ManagerIdentity, _ key: IsolationKey, for factory: ManagerFactory,
        adding resource: (any ManagedResource)?
    ) throws(ManagerRefusal) -> Manager {
        guard !isShutDown else { throw .shutDown }
        if let manager = active[key] {
            try add(resource, to: manager, factory.limits)
            statistics.reused += 1
            manager.recordActivity()
            return manager
        }
        if let user = identity.user, users[user]?.count ?? 0 >= factory.limits.maximumManagersPerUser {
            statistics.refusedByUserLimit += 1
            throw .userLimit(user: user, limit: factory.limits.maximumManagersPerUser)
        }
        guard active.count < factory.limits.maximumManagers else {
            statistics.refusedByGlobalLimit += 1
            throw .globalLimit(factory.limits.maximumManagers)
        }
        let manager = Manager(identity, key, factory: factory)
        try add(resource, to: manager, factory.limits)
        active[key] = manager
        if let user = identity.user { users[user, default: []].append(manager) }
        statistics.created += 1
        statistics.peakActive = max(statistics.peakActive, active.count)
        return manager
    }

    private mutating func add(
        _ resource: (any ManagedResource)?, to manager: Manager, _ limits: ManagerLimits
    ) throws(ManagerRefusal) {
        guard let resource else { return }
        guard manager.resources.count < limits.maximumResourcesPerManager else {
            statistics.refusedByResourceLimit += 1
            throw .resourceLimit(manager.key, limit: limits.maximumResourcesPerManager)
        }
        manager.resources.insert(resource)
    }

    /// Exact keys first, then the user's managers that share an id, newest first.
    func find(_ identity: ManagerIdentity) -> Manager? {
        if let manager = active[identity.key] ?? otherKeys[identity.key] { return manager }
        guard let user = identity.user else { return nil }
        return users[user]?.last { $0.identity.matches(identity) }
    }

    /// Removes an active manager from the tables, which frees its key.
    mutating func deactivate(_ manager: Manager) {
        guard let index = active.index(forKey: manager.key), active[index].value === manager else { return }
        active.remove(at: index)
        for key in manager.otherKeys { otherKeys[key] = nil }
        manager.otherKeys = []
        if let user = manager.identity.user {
            users[user]?.removeAll { $0 === manager }
            if users[user]?.isEmpty ?? false { users[user] = nil }
        }
    }

    /// Begins the cleanup of the active ones among `managers`; returns them with what they own.
    mutating func beginEnding(
        _ managers: Managers, because reason: CleanupReason, at now: Duration, within limit: Duration
    ) -> [(manager: Manager, resources: [any ManagedResource])] {
        managers.compactMap { manager in
            guard active[manager.key] === manager else { return nil }
            deactivate(manager)
            manager.phase = .ending(
                Manager.Ending(reason: reason, begun: now, resourceCount: manager.resources.count, limit: limit))
            ending[ObjectIdentifier(manager)] = manager
            return (manager, manager.resources.all)
        }
    }

    /// For the cleanups whose time is up: what must be aborted now, and the cleanups that are abandoned.
    mutating func takeDue(at now: Duration) -> (hard: [any ManagedResource], finished: [Finished]) {
        var (hard, finished): ([any ManagedResource], [Finished]) = ([], [])
        for manager in ending.values {
            guard case .ending(let state) = manager.phase, state.deadline <= now else { continue }
            if state.isClosedHard {
                if let over = finishEnding(manager, at: now) { finished.append(over) }
                continue
            }
            state.isClosedHard = true
            state.closedHardCount = manager.resources.count
            state.deadline = now + max(state.limit, .milliseconds(100))
            hard += manager.resources.all
        }
        return (hard, finished)
    }

    /// When the next cleanup's time is up; nil while there is none.
    var nextDeadline: Duration? {
        ending.values.compactMap { if case .ending(let state) = $0.phase { state.deadline } else { nil } }.min()
    }

    /// A manager's cleanup is over, with what is left of its resources.
    mutating func finishEnding(_ manager: Manager, at now: Duration) -> Finished? {
        guard case .ending(let state) = manager.phase else { return nil }
        ending[ObjectIdentifier(manager)] = nil
        let cleanup = Cleanup(
            key: manager.key, reason: state.reason, resourceCount: state.resourceCount,
            closedHardCount: state.closedHardCount, remainingCount: manager.resources.count,
            duration: now - state.begun)
        manager.resources.removeAll()
        manager.phase = .ended(cleanup)
        statistics.ended[state.reason, default: 0] += 1
        statistics.closedHard += state.closedHardCount
        statistics.cleanupDurations.add(cleanup.duration)
        return Finished(cleanup: cleanup, waiters: state.waiters)
    }

    /// A cleanup that is over, and its waiters.
    struct Finished {
        let cleanup: Cleanup
        let waiters: [UnsafeContinuation<Cleanup?, Never>]
    }
}
