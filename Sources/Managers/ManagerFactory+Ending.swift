/// How managers leave the tables.
extension ManagerFactory.State {
    /// Removes an active manager from the tables, which frees its key; returns what was its.
    private mutating func deactivate(_ manager: Manager) -> Active? {
        guard isActive(manager), let entry = active.removeValue(forKey: manager.key) else { return nil }
        for key in entry.otherKeys { otherKeys[key] = nil }
        if let user = manager.identity.user {
            users[user]?.removeAll { $0 === manager }
            if users[user]?.isEmpty ?? false { users[user] = nil }
        }
        return entry
    }

    /// Begins the cleanup of the active ones among `managers`.
    mutating func beginEnding(
        _ managers: [Manager], because reason: CleanupReason, at now: Duration, within limit: Duration
    ) -> [Began] {
        managers.compactMap { manager in
            guard let entry = deactivate(manager) else { return nil }
            let cleanup = Ending(entry, reason: reason, begun: now, limit: limit)
            ending[ObjectIdentifier(manager)] = cleanup
            return Began(manager: manager, resources: entry.resources.all, pending: cleanup.pending)
        }
    }

    /// For the cleanups whose time is up: what must be aborted now, and the cleanups that are abandoned.
    mutating func takeDue(at now: Duration) -> (hard: [any ManagedResource], finished: [Finished]) {
        var (hard, finished): ([any ManagedResource], [Finished]) = ([], [])
        for (id, cleanup) in ending where cleanup.deadline <= now {
            if cleanup.isClosedHard {
                if let over = finishEnding(cleanup.manager, at: now) { finished.append(over) }
                continue
            }
            ending[id]?.isClosedHard = true
            ending[id]?.closedHardCount = cleanup.resources.count
            ending[id]?.deadline = now + max(cleanup.limit, .milliseconds(100))
            hard += cleanup.resources.all
        }
        return (hard, finished)
    }

    /// When the next cleanup's time is up; nil while there is none.
    var nextDeadline: Duration? { ending.values.map(\.deadline).min() }

    /// A manager's cleanup is over, with what is left of its resources.
    mutating func finishEnding(_ manager: Manager, at now: Duration) -> Finished? {
        guard let ending = ending.removeValue(forKey: ObjectIdentifier(manager)) else { return nil }
        let cleanup = Cleanup(
            key: manager.key, reason: ending.reason, resourceCount: ending.resourceCount,
            closedHardCount: ending.closedHardCount, remainingCount: ending.resources.count,
            duration: now - ending.begun)
        statistics.ended[ending.reason, default: 0] += 1
        statistics.closedHard += ending.closedHardCount
        statistics.cleanupDurations.add(cleanup.duration)
        return Finished(cleanup: cleanup, pending: ending.pending)
    }

    /// A resource is gone; its manager ends with the last one, unless `keepsManager`. Returns the cleanup that is over.
    mutating func release(
        _ resource: any ManagedResource, of manager: Manager, at now: Duration, keepsManager: Bool
    ) -> Finished? {
        if isActive(manager) {
            guard let isLast = active[manager.key]?.resources.removeLast(resource), isLast, !keepsManager else {
                return nil
            }
            _ = deactivate(manager)
            statistics.ended[.released, default: 0] += 1
            return nil
        }
        guard let isLast = ending[ObjectIdentifier(manager)]?.resources.removeLast(resource), isLast else { return nil }
        return finishEnding(manager, at: now)
    }
}
