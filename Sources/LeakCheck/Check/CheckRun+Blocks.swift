import Lifecycles
import Logging
import Sockets

/// Blocks of connections, and the samples between them.
extension CheckRun {
    /// Connections at a time where the peers stay for a while.
    private static let heldConcurrency = 64

    /// Blocks that must fit into what a target may use up.
    private static let leastBlocks = 16.0

    /// One block: connections, settle, a sample. False when no more should follow.
    func block(
        _ row: RowRun, _ target: Target, _ phase: CheckResult.Sample.Phase, atMost bound: Int = .max
    ) async throws -> Bool {
        try Task.checkCancellation()
        guard let room = room(for: row, target, phase) else { return false }
        let wanted = row.lifecycle.staysConnected ? max(plan.concurrency, Self.heldConcurrency) : plan.concurrency
        let concurrency = min(wanted, concurrencyBound)
        let jittered = row.dose * Double.random(in: 0.75...1.25, using: &generator)
        let connections = max(1, min(Int(jittered), room, bound))
        let began = MonotonicTime.now
        let load = PeerDriver.Load(
            connections: connections, concurrency: min(concurrency, connections), limit: .seconds(5),
            acceptQueue: { target.acceptQueue() })
        let counts = await driver.drive(row.lifecycle, script(for: target), load)
        let took = began.elapsed.inSeconds
        row.counts += counts
        if row.counts.accepted > 0 && row.counts.completed == 0 {
            row.state = .inapplicable
            return false
        }
        if let problem = counts.firstProblem { logger.info("\(row.lifecycle.label): \(problem)") }
        try await settle(row, target)
        try await sample(row, target, phase)
        try Task.checkCancellation()
        if let replacement = try await target.replacement() {
            row.breakdown = replacement
            return false
        }
        if try await noteStall(row, target, counts) {
            // What stayed open through it counts as well.
            try await sample(row, target, phase)
            return false
        }
        // Blocks of about a sixth of a second, each a small part of what was driven so far, so that the half that is judged
        // consists of several.
        if counts.completed > 0 {
            let rate = Double(counts.completed) / max(took, 0.001)
            row.dose = max(row.firstDose, min(rate * 0.15, Double(row.completed) / 8, 4000))
        }
        row.failedBlocks = counts.completed * 2 < connections ? row.failedBlocks + 1 : 0
        if row.failedBlocks >= 3 {
            // Behind a shell the server is gone before the command has ended, which would be the better answer.
            let deadline = MonotonicTime.now + .seconds(1)
            while MonotonicTime.now < deadline {
                _ = try target.descriptorCount()
                try await Task.sleep(for: .milliseconds(20))
            }
            row.breakdown = breakdown(row, counts)
            return false
        }
        return true
    }

    private func breakdown(_ row: RowRun, _ counts: DriveCounts) -> String {
        let problem = counts.firstProblem ?? "no reason known"
        if counts.notAttempted > 0 {
            return "this side could not make the connections, with --concurrency or ulimit -n as they are: \(problem)"
        }
        if row.completed > 0 { return "after \(row.completed) connections the target no longer took part: \(problem)" }
        return
            "no connection came about: \(problem); its own log may say why, and watertight connect URL tries one by hand"
    }

    /// How many connections the target can take before what leaks exhausts it; nil when none.
    private func room(for row: RowRun, _ target: Target, _ phase: CheckResult.Sample.Phase) -> Int? {
        guard let first = row.samples.first, let last = row.samples.last else { return .max }
        let safeDescriptors = 0.6 * Double(target.descriptorLimit) - Double(first.descriptors)
        // Before anything is known of it, even a connection may leave a descriptor.
        guard row.completed > 0 else { return Int(max(1, 0.6 * safeDescriptors / Self.leastBlocks)) }
        let limits: [(Resource, Double, String)] = [
            (
                .descriptors, safeDescriptors,
                "its limit of \(target.descriptorLimit) descriptors, which ulimit -n raises"
            ),
            (.threads, 2000, "2,000 more threads"),
            (.privateMemory, 2 * 1024 * 1024 * 1024, "2 GiB more memory"),
        ]
        var room = Int.max
        for (resource, whole, name) in limits {
            // A suspicion must still be confirmed after the pause.
            let limit = phase == .measure ? 0.6 * whole : whole
            guard let now = last.level(resource), let before = first.level(resource) else { continue }
            let grown = now - before
            let rate = grown / Double(row.completed)
            guard rate > 0 else { continue }
            let share = max(1, limit / rate / Self.leastBlocks)
            room = min(room, Int(min(share, 1e9)))
            guard grown > 0.05 * limit else { continue }
            let left = (limit - grown) / rate
            // So few blocks would be no evidence, however small the limit.
            if left < min(20, share) {
                row.obstacle = "the target was not driven beyond a safe share of \(name)"
                return nil
            }
            // Half of what is left, so that an estimate that is too low cannot overshoot.
            room = min(room, max(1, Int(min(left / 2, 1e9))))
        }
        return room
    }

    /// Waits until the target has worked off what was done to it: descriptors back to where they were before the block, or
    /// no longer changing.
    private func settle(_ row: RowRun, _ target: Target) async throws {
        let control = row.samples.last?.descriptors ?? 0
        let deadline = MonotonicTime.now + .milliseconds(400)
        var last = -1
        var lastChange = MonotonicTime.now
        while MonotonicTime.now < deadline {
            let waiting = target.acceptQueue() ?? 0
            let count = try target.descriptorCount()
            if waiting == 0 && count <= control { return }
            if count != last || waiting > 0 {
                last = count
                lastChange = .now
            } else if lastChange.elapsed > .milliseconds(30) {
                return
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func sample(_ row: RowRun, _ target: Target, _ phase: CheckResult.Sample.Phase) async throws {
        // Before the rest, which then has what the probes themselves cost the target.
        let levels = await target.probes.read(
            connections: row.counts.completed, isDecisive: row.samples.isEmpty || phase != .measure)
        row.unread = await target.probes.failures
        row.probeCost = await target.probes.cost
        let reading = try target.reading()
        var sample = CheckResult.Sample(row, reading, phase, seconds: start.elapsed.inSeconds)
        if !levels.isEmpty {
            sample.probed = Dictionary(uniqueKeysWithValues: levels.map { ($0.key.rawValue, $0.value) })
        }
        row.samples.append(sample)
        record(.sample(sample))
        record(.row(CheckRecord.RowFacts(row)))
        tell(row, phase, reading)
    }

    func tell(_ row: RowRun, _ phase: CheckResult.Sample.Phase, _ reading: Target.Reading) {
        report(
            LeakCheck.Progress(
                lifecycle: row.lifecycle.label, phase: phase, connections: rows.reduce(0) { $0 + $1.counts.completed },
                privateMemory: reading.privateMemory, seconds: start.elapsed.inSeconds,
                decided: rows.count { $0.state == .decided }, rows: rows.count))
    }
}

extension CheckResult.Sample {
    /// What was read of a row's target, without what probes say.
    init(_ row: RowRun, _ reading: Target.Reading, _ phase: Phase, seconds: Double) {
        self.init(
            lifecycle: row.lifecycle.name, compressed: row.lifecycle.isCompressed, connections: row.counts.completed,
            seconds: seconds, phase: phase, descriptors: reading.descriptors, threads: reading.threads,
            privateMemory: reading.privateMemory, residentMemory: reading.residentMemory)
    }
}
