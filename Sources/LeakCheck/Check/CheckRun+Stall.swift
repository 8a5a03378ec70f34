import Lifecycles
import SystemCalls
import Targets

/// Targets that stop taking part while their process lives on.
extension CheckRun {
    /// How long a queue may stand still, and a target that stalled is left alone.
    private static let stallLimit = Duration.seconds(5)
    /// How many connections in a row, left waiting, are a stall whatever follows.
    private static let leastWaiting = 16

    /// Notes it when the target stalled in the block that made `counts`; true when it did not recover.
    func noteStall(_ row: Int, _ target: Target, _ counts: DriveCounts) async throws -> Bool {
        if counts.stalled > 0 && counts.failuresAtEnd > 0 {
            // Where the block ended with fewer, the next connection decides.
            let areEnough = counts.failuresAtEnd >= min(Self.leastWaiting, counts.attempted)
            if !areEnough, try await answers(target, within: .seconds(1)) { return false }
            return try await noteStall(row, target, unserved: 0)
        }
        guard try await leavesQueue(target) else { return false }
        // These peers left without waiting to be accepted.
        return try await noteStall(row, target, unserved: target.acceptQueue() ?? 0)
    }

    /// Notes it when a target that has taken a whole row no longer answers a polite connection: what asks nothing of the
    /// target does not show that.
    func requireAnswer(_ row: Int, _ target: Target) async throws {
        guard isPolite, rows[row].stall == nil, rows[row].failure == nil else { return }
        let doesAnswer = try await answers(target, within: Self.stallLimit)
        // A target that has just died refuses as well.
        _ = try target.descriptorCount()
        guard !doesAnswer else { return }
        _ = try await noteStall(row, target, unserved: target.acceptQueue() ?? 0)
    }

    /// Notes it when nobody else is served while one peer of a row stays that the target has not upgraded.
    func requireOthersServed(_ row: Int, _ target: Target) async throws {
        guard isPolite, rows[row].lifecycle.staysBeforeUpgrade, rows[row].stall == nil, rows[row].failure == nil else {
            return
        }
        // Twice, as a machine may be busy once.
        for _ in 0..<2 {
            guard try await isTaken(by: rows[row].lifecycle, target) else { return }
        }
        rows[row].stall = CheckResult.Stall(
            .serving, after: rows[row].connections.completed, hasRecovered: true,
            pauseSeconds: Self.stallLimit.inSeconds, isOutOfDescriptors: false)
    }

    /// Whether a polite connection does not come about while one peer of `lifecycle` stays, and does when that has left.
    private func isTaken(by lifecycle: Lifecycle, _ target: Target) async throws -> Bool {
        var script = script(for: target)
        // Until it is told to leave.
        script.holdLimit = Self.stallLimit * 6
        let isThere = Locked(false)
        let load = PeerDriver.Load(
            connections: 1, concurrency: 1,
            trace: { event in if event.kind == .connected { isThere.withLock { $0 = true } } })
        let staying = Task { [driver, script] in await driver.drive(lifecycle, script, load) }
        let deadline = MonotonicTime.now + Self.stallLimit
        while !isThere.withLock({ $0 }), MonotonicTime.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        let doesAnswer = try await answers(target, within: Self.stallLimit)
        staying.cancel()
        _ = await staying.value
        guard !doesAnswer else { return false }
        return try await answers(target, within: Self.stallLimit)
    }

    /// `unserved` of the row's connections never reached the target.
    private func noteStall(_ row: Int, _ target: Target, unserved: Int) async throws -> Bool {
        let waiting = target.acceptQueue() ?? 0
        // A target that never completes a polite connection is not asked for one: it may do the rest.
        if !isPolite && waiting == 0 { return false }
        let isOutOfDescriptors = try target.isOutOfDescriptors()
        let began = MonotonicTime.now
        let hasRecovered = try await recovers(target)
        // A lifecycle that is left waiting from its first connection on, by a target that answers others, asks for
        // what this target does not do.
        if hasRecovered && rows[row].connections.completed == 0 && waiting == 0 { return false }
        rows[row].stall = CheckResult.Stall(
            waiting > 0 ? .accepting : .answering, after: max(0, rows[row].connections.completed - unserved),
            hasRecovered: hasRecovered, pauseSeconds: max(1, began.elapsed.inSeconds),
            isOutOfDescriptors: isOutOfDescriptors)
        return !hasRecovered
    }

    /// Whether connections wait to be accepted, and none is for a while.
    private func leavesQueue(_ target: Target) async throws -> Bool {
        guard let waiting = target.acceptQueue(), waiting > 0 else { return false }
        let deadline = MonotonicTime.now + Self.stallLimit
        while MonotonicTime.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            _ = try target.descriptorCount()
            if target.acceptQueue() ?? 0 < waiting { return false }
        }
        return true
    }

    private func recovers(_ target: Target) async throws -> Bool {
        let deadline = MonotonicTime.now + max(.seconds(1), min(Self.stallLimit, schedule.end - .now))
        while MonotonicTime.now < deadline {
            let doesAnswer = try await answers(target, within: .seconds(1))
            // A target that has just died refuses as well.
            _ = try target.descriptorCount()
            if doesAnswer { return true }
        }
        return false
    }

    /// Whether a polite connection comes about, or is at least refused.
    private func answers(_ target: Target, within limit: Duration) async throws -> Bool {
        var script = script(for: target)
        script.stepLimit = limit
        let counts = await driver.drive(.cleanClose, script, .init(connections: 1, concurrency: 1))
        try Task.checkCancellation()
        return counts.completed > 0 || (counts.refused + counts.broken > 0 && target.acceptQueue() ?? 0 == 0)
    }
}
