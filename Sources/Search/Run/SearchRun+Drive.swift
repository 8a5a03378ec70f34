import LeakCheck
import LeakStatistics
import Lifecycles
import Remedies
import Sockets
import SystemCalls
import Targets
import WebSocketProtocol

/// Plays scripts, and reads what they leave behind.
extension SearchRun {
    /// How long the target may take for a step of a script, at the least and at the most, and to close TCP: what takes longer
    /// is an answer as well.
    static let (leastStepLimit, mostStepLimit) = (Duration.milliseconds(150), Duration.seconds(1))
    private static let endLimit = Duration.milliseconds(100)
    /// How long peers stay in steps that leave it to whoever drives them.
    private static let holdLimit = Duration.milliseconds(20)
    /// Scripts that are driven at a time, and of how much of the target's descriptors they may take.
    private static let (drivenAtATime, descriptorShare) = (128, 4)
    private static let strictlyOrdered = 8
    /// When a script's connections are no longer begun.
    static let driveLimit = Duration.seconds(3)
    /// How long a target that no longer answers is waited for.
    private static let stallLimit = Duration.seconds(5)
    /// How much of a processor a target may use that nobody asks for anything.
    static let spinningShare = 0.6

    /// What the peers of a script are told.
    func peerScript(_ target: Target) -> PeerScript {
        var script = PeerScript(url: target.url, address: target.address, options: plan.check.peers)
        script.expectsReply = expectsReply
        script.stepLimit = max(Self.leastStepLimit, min(Self.mostStepLimit, pace * 2))
        script.endLimit = Self.endLimit
        script.holdLimit = Self.holdLimit
        return script
    }

    // MARK: Trials

    /// Carries a trial out.
    func drive(_ trial: Trial) async throws -> TrialResult {
        let target = try await process(isFresh: trial.isFresh)
        if schedule.needsProcessSoon { startAhead() }
        var result = TrialResult()
        do {
            try await drive(trial, target, &result)
        } catch let lost as TargetLost {
            result.failure = .ended(lost.problem)
        }
        if result.failure != nil || usesManyDescriptors { await retire() }
        return result
    }

    /// Whether the process that goes on has so many descriptors open that it would soon fail for want of them.
    var usesManyDescriptors: Bool { descriptorsUsed > Self.mostDescriptors }

    /// With more of its descriptors open a process is given up, before it fails for want of them.
    private static let mostDescriptors = 0.25

    private func drive(_ trial: Trial, _ target: Target, _ result: inout TrialResult) async throws {
        // Of a few the order is kept strictly; of many, as long as nobody knows which of them matter, they may overlap.
        if trial.predecessors.count <= Self.strictlyOrdered {
            for script in trial.predecessors { try await drive([script], trial, target, &result) }
        } else {
            try await drive(trial.predecessors, trial, target, &result)
        }
        for round in 1...(trial.warmUps + Trial.rounds) {
            try await drive(trial.scripts.shuffled(using: &generator), trial, target, &result)
            if round >= trial.warmUps { result.levels.append(try await levels(target)) }
            guard schedule.asksForMore(trial, result.levels) else { break }
        }
        result.failure = try await failure(of: target)
        guard !schedule.rule.growth(trial, result).isEmpty else { return }
        try await rest()
        result.rested = try await levels(target)
    }

    /// Leaves the target alone: what comes back by itself within the time that something is known to be kept is not worth
    /// following.
    func rest() async throws {
        let began = MonotonicTime.now
        defer { time[.resting] += began.elapsed }
        try await Task.sleep(for: max(.milliseconds(300), schedule.patience))
    }

    /// One round: every script's connections, some scripts at a time, and the target at rest.
    private func drive(
        _ scripts: [SearchScript], _ trial: Trial, _ target: Target, _ result: inout TrialResult
    ) async throws {
        let peers = peerScript(target)
        let control = try target.descriptorCount()
        let began = MonotonicTime.now
        let atATime = max(4, min(Self.drivenAtATime, target.descriptorLimit / Self.descriptorShare / trial.connections))
        var played: [(SearchScript, DriveCounts)] = []
        await withTaskGroup(of: (SearchScript, DriveCounts)?.self) { [driver] group in
            for (index, script) in scripts.enumerated() {
                if index >= atATime, let one = await group.next() ?? nil { played.append(one) }
                group.addTask {
                    guard let lifecycle = script.lifecycle(named: "tried") else { return nil }
                    let load = PeerDriver.Load(
                        connections: trial.connections, concurrency: min(script.concurrency, trial.connections),
                        limit: Self.driveLimit, acceptQueue: { target.acceptQueue() })
                    return (script, await driver.drive(lifecycle, peers, load))
                }
            }
            for await one in group { if let one { played.append(one) } }
        }
        time[.trying] += began.elapsed
        try Task.checkCancellation()
        for (script, counts) in played {
            result.connections += counts.attempted
            if let violation = counts.firstViolation, let index = trial.scripts.firstIndex(of: script) {
                result.violations.append((index, violation))
            }
        }
        try await settle(target, control: control)
    }

    /// Waits until the target has worked off a round before which it had `control` descriptors.
    func settle(_ target: Target, control: Int) async throws {
        let began = MonotonicTime.now
        defer { time[.settling] += began.elapsed }
        var settling = Settling(
            control: control, awaitsRest: await target.probes.areExact && !spinsFromStart, isPatient: !isRestless,
            at: .now)
        try await settling.wait(for: target)
        // One that never rests is not waited for each time.
        restlessRounds = settling.isAtRest(at: .now) ? 0 : restlessRounds + 1
    }

    /// What the target holds now.
    func levels(_ target: Target) async throws -> [Resource: Double] {
        let began = MonotonicTime.now
        defer { time[.reading] += began.elapsed }
        var levels = await target.probes.read(connections: 0, isDecisive: true)
        let reading = try target.reading()
        descriptorsUsed = reading.descriptorUse.share
        levels[.descriptors] = Double(reading.descriptors)
        levels[.threads] = Double(reading.threads)
        levels[.privateMemory] = Double(reading.privateMemory)
        return levels
    }

    // MARK: Failures

    /// How the target has failed; nil where it has not.
    func failure(of target: Target) async throws -> TrialResult.Failure? {
        let began = MonotonicTime.now
        defer { time[.looking] += began.elapsed }
        do {
            if try await !answers(target) { return .stalled }
            guard !spinsFromStart, try await isBusyAllTheTime(target) else { return nil }
            let share = try await processorShare(target)
            return share >= Self.spinningShare ? .spinning(share) : nil
        } catch let lost as TargetLost {
            return .ended(lost.problem)
        }
    }

    /// Whether no look at the target finds it at rest.
    private func isBusyAllTheTime(_ target: Target) async throws -> Bool {
        for _ in 0..<Self.looks {
            guard target.isBusy else { return false }
            try await Task.sleep(for: .milliseconds(3))
        }
        return true
    }

    private static let looks = 20

    /// Whether a polite connection comes about, within the time that a stalled target gets.
    private func answers(_ target: Target) async throws -> Bool {
        guard isPolite else { return true }
        let deadline = MonotonicTime.now + Self.stallLimit
        repeat {
            var peers = peerScript(target)
            peers.stepLimit = .seconds(2)
            let counts = await driver.drive(.cleanClose, peers, .init(connections: 1, concurrency: 1))
            try Task.checkCancellation()
            // A target that has just died refuses as well.
            _ = try target.descriptorCount()
            if counts.completed > 0 { return true }
        } while MonotonicTime.now < deadline
        return false
    }

    /// How much of a processor the target uses while nobody asks it for anything: none as soon as it has come to rest.
    func processorShare(_ target: Target) async throws -> Double {
        // Three looks, so that what is worked off after the last connection does not count.
        var least = 1.0
        for _ in 0..<3 {
            let (began, before) = (MonotonicTime.now, Self.processorTime(of: target))
            try await Task.sleep(for: .milliseconds(400))
            least = min(least, (Self.processorTime(of: target) - before) / began.elapsed)
            if least < Self.spinningShare { return least }
        }
        return least
    }

    // MARK: The first contact

    /// Makes a polite connection, and learns whether the target answers messages. Throws `TargetFailure` where it does not follow
    /// the opening, or nothing can be said to it.
    func meet(_ target: Target) async throws {
        var peers = peerScript(target)
        peers.stepLimit = .seconds(5)
        let first = await driver.drive(.cleanClose, peers, .init(connections: 1, concurrency: 1))
        try Task.checkCancellation()
        if let problem = first.openingProblem {
            throw TargetFailure.invalid(
                "the target does not follow the opening: \(problem)\(remedies: .traceOpening, after: .remark)")
        }
        isPolite = first.completed > 0
        if target.url.isSecure, first.encryption == nil {
            if case .untrusted? = first.encryptionFailure { throw TargetFailure.untrusted(first.firstProblem ?? "") }
            throw TargetFailure.unreachable(first.firstProblem ?? "nothing answers a TLS handshake")
        }
        if case .awaitReplies? = first.firstStall {
            expectsReply = false
            peers.expectsReply = false
            let second = await driver.drive(.cleanClose, peers, .init(connections: 1, concurrency: 1))
            isPolite = second.completed > 0
        }
        // As many as are played together: on a busy machine, or with a slow target, a step of each takes as long as this.
        let load = PeerDriver.Load(
            connections: Self.drivenAtATime, concurrency: Self.drivenAtATime, limit: Self.driveLimit)
        let began = MonotonicTime.now
        _ = await driver.drive(.cleanClose, peers, load)
        pace = began.elapsed
        if !isPolite {
            result.notes.append("a polite connection does not work: \(first.firstProblem ?? "no reason known")")
        }
    }
}
