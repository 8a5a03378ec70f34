import SystemCalls

extension ManagerFactory {
    // MARK: From outside

    /// Cleans up the manager of `key`: closes what it owns, waits until all is gone, and aborts the rest after
    /// `cleanupLimit`.
    ///
    /// Nil if there is none. If a cleanup of that key is already under way, waits for its end and returns the same.
    @discardableResult
    public func cleanup(_ key: IsolationKey) async -> Cleanup? {
        await cleanup([key], because: .requested, within: limits.cleanupLimit).first
    }

    /// Cleans up the manager of `identity`, even if its key was derived from other ids.
    @discardableResult
    public func cleanup(_ identity: ManagerIdentity) async -> Cleanup? {
        guard let manager = existingManager(for: identity) else { return await cleanup(identity.key) }
        return await cleanup(manager.key)
    }

    /// Cleans up the managers of `keys` at once, within `batchCleanupLimit`; skips keys without a manager.
    @discardableResult
    public func cleanup(_ keys: [IsolationKey]) async -> [Cleanup] {
        await cleanup(keys, because: .requested, within: limits.batchCleanupLimit)
    }

    /// Cleans up all managers of a user at once, stale or not, within `batchCleanupLimit`.
    @discardableResult
    public func forceCleanup(user: String) async -> [Cleanup] {
        await cleanup(keys(of: user), because: .forced, within: limits.batchCleanupLimit)
    }

    /// Refuses new managers, ends the background cleanup, and cleans up all managers within `batchCleanupLimit`.
    ///
    /// When it returns, no manager and no task of the factory is left. A second call waits as well.
    public func shutdown() async {
        let (managers, background) = state.withLock { state in
            state.isShutDown = true
            return (state.active.values.map(\.manager), state.background)
        }
        background?.cancel()
        await end(managers, because: .shutdown, within: limits.batchCleanupLimit)
        // Other callers may have begun to clean up some of them; no new ones can come.
        while let pending = state.withLock({ $0.ending.values.first?.pending }) { _ = await pending.outcome }
        await background?.value
        let watch = state.withLock { state in
            state.background = nil
            state.watchEnd = nil
            // Only a planted defect leaves any; they and the factory would retain each other.
            state.active = [:]
            state.otherKeys = [:]
            state.users = [:]
            return state.watch.take()
        }
        watch?.cancel()
        await watch?.value
    }

    private func cleanup(
        _ keys: [IsolationKey], because reason: CleanupReason, within limit: Duration
    ) async -> [Cleanup] {
        let (managers, pending) = state.withLock { state in
            let wanted = Set(keys)
            let ending = state.ending.values.filter { wanted.contains($0.manager.key) }
            return (keys.compactMap { state.manager(at: $0) }, ending.map(\.pending))
        }
        var cleanups = await end(managers, because: reason, within: limit)
        for cleanup in pending { cleanups.append(await cleanup.outcome) }
        return cleanups
    }

    // MARK: Room

    /// Frees what is stale before a manager is created that would come close to a limit.
    ///
    /// Evicted managers are out of the tables when this returns; their resources close meanwhile.
    func makeRoom(for user: String?, _ key: IsolationKey) {
        let batch = limits.batchCleanupLimit
        let (began, reason, limit) = state.withLock { state -> ([Began], CleanupReason, Duration) in
            // Without a user only the total limit applies.
            let isNear = user != nil || state.active.count >= limits.maximumManagers
            guard isNear, !state.isShutDown, state.active[key] == nil else { return ([], .proactive, batch) }
            if let user, let managers = state.users[user], managers.count >= limits.proactiveThreshold {
                let isEmergency = managers.count >= limits.emergencyThreshold
                let reason: CleanupReason = isEmergency ? .emergency : .proactive
                let limit = isEmergency ? limits.emergencyCleanupLimit : batch
                let idle = isEmergency ? limits.emergencyStaleLimit : limits.staleLimit
                let began = begin(managers.filter { $0.idleTime >= idle }, because: reason, within: limit, &state)
                if !began.isEmpty { return (began, reason, limit) }
            }
            guard state.active.count >= limits.maximumManagers else { return ([], .proactive, batch) }
            let idle = state.users.values.joined().filter { $0.idleTime >= limits.emergencyStaleLimit }
            let limit = limits.emergencyCleanupLimit
            return (begin(Array(idle), because: .emergency, within: limit, &state), .emergency, limit)
        }
        close(began, because: reason, within: limit)
    }

    /// Starts with the first manager and ends with the factory.
    func startBackgroundCleanup() {
        state.withLock { state in
            guard state.background == nil, !state.isShutDown else { return }
            let (sleep, interval) = (sleep, limits.backgroundInterval)
            state.background = Task { [weak self] in
                while (try? await sleep(interval)) != nil {
                    guard let self else { return }
                    await cleanUpStale()
                }
            }
        }
    }

    private func cleanUpStale() async {
        let stale = state.withLock { state in
            state.users.values.joined().filter { $0.idleTime >= limits.staleLimit }
        }
        await end(stale, because: .background, within: limits.batchCleanupLimit)
    }

    // MARK: Ending

    private func begin(
        _ managers: [Manager], because reason: CleanupReason, within limit: Duration, _ state: inout State
    ) -> [Began] {
        if defect == .keepsManagers {
            return managers.compactMap { state.active[$0.key] }.map {
                Began(manager: $0.manager, resources: $0.resources.all, pending: nil)
            }
        }
        return state.beginEnding(managers, because: reason, at: elapsed(), within: limit)
    }

    /// Closes what the managers own; the deadline task handles what is not gone in time.
    private func close(_ began: [Began], because reason: CleanupReason, within limit: Duration) {
        guard !began.isEmpty else { return }
        observe(.cleanupBegan(reason, managers: began.count))
        watchDeadline(in: limit)
        for cleanup in began {
            if defect == .leavesResourcesOpen || cleanup.resources.isEmpty {
                finishEnding(cleanup.manager)
            } else {
                for resource in cleanup.resources { resource.beginClosing(for: reason) }
            }
        }
    }

    /// Cleans up, and waits until everything is gone: what remains is aborted at the limit, and abandoned after as long
    /// again.
    @discardableResult
    private func end(
        _ managers: [Manager], because reason: CleanupReason, within limit: Duration
    ) async -> [Cleanup] {
        let began = state.withLock { begin(managers, because: reason, within: limit, &$0) }
        close(began, because: reason, within: limit)
        var cleanups: [Cleanup] = []
        for pending in began.compactMap(\.pending) { cleanups.append(await pending.outcome) }
        return cleanups
    }

    /// One task waits for the earliest deadline of all cleanups. A timer per cleanup would remain until it fires,
    /// because a sleeping task cannot remove its timer.
    private func watchDeadline(in limit: Duration) {
        let end = elapsed() + limit
        state.withLock { state in
            guard state.watchEnd.map({ end < $0 }) ?? true else { return }
            state.watch?.cancel()
            state.watchEnd = end
            state.watch = Task { [weak self, sleep] in
                var wait: Duration? = limit
                while let duration = wait {
                    guard (try? await sleep(duration)) != nil, let self else { return }
                    wait = endDue()
                }
            }
        }
    }

    /// Handles the cleanups whose time is up; returns the time until the next, nil if there is none.
    private func endDue() -> Duration? {
        let now = elapsed()
        let (due, wait) = state.withLock { state in
            let due = state.takeDue(at: now)
            state.watchEnd = state.nextDeadline
            if state.watchEnd == nil { state.watch = nil }
            return (due, state.watchEnd.map { max(.zero, $0 - now) })
        }
        for resource in due.hard { resource.closeHard() }
        for finished in due.finished { report(finished) }
        return wait
    }

    /// Ends a cleanup with what is left.
    private func finishEnding(_ manager: Manager) {
        let now = elapsed()
        report(state.withLock { $0.finishEnding(manager, at: now) })
    }

    private func report(_ finished: Finished?) {
        guard let finished else { return }
        observe(.cleanedUp(finished.cleanup))
        finished.pending.finish(finished.cleanup)
    }

    func release(_ resource: any ManagedResource, of manager: Manager) {
        let now = elapsed()
        report(
            state.withLock { state in
                state.release(resource, of: manager, at: now, keepsManager: defect == .keepsManagers)
            })
    }
}
