import Glibc
import HeapProbes
import LeakStatistics
import Lifecycles
import ProcessResources
import Remedies
import Sockets
import SystemCalls
import Targets
import WebSocketProtocol

/// A first look at the target, before anything is measured.
extension CheckRun {
    /// How long the target may take over each step of the first connection.
    private static let firstLimit = Duration.seconds(2)
    /// The same where TLS or an opening must come about as well, which may start much.
    private static let openingLimit = Duration.seconds(10)
    /// Connections that are held to see whether the processes that are read take them.
    private static let heldConnections = 8
    /// Descriptors that this process keeps for what is no connection: processes that are read, files, pipes.
    private static let reservedDescriptors = 24

    /// Starts the first target and looks at it.
    func prepare() async throws {
        let target = try await targets.first(for: 0)
        // Before it counts as begun: what was asked for by name and cannot be read is the user's to correct.
        let probes = try await chooseProbes(target)
        let name =
            switch plan.subject {
            case .command(let words): words.joined(separator: " ")
            case .running, .group:
                "\(target.url), process \(target.pids.map(String.init).joined(separator: ", "))"
            }
        description = TargetDescription(
            name: name, runtime: target.runtime, descriptorLimit: target.descriptorLimit, probes: probes)
        boundConcurrency()
        try await meet(target)
        if let encryption { description?.name += ", \(encryption)" }
        try await chooseCompression(target)
        judge.rules = rules(probes)
        schedule = CheckSchedule(
            plan.settings(start: start, usesTracingGC: judge.rules.usesTracingGC),
            staysConnected: rows.map(\.lifecycle.staysConnected), seed: plan.seed)
        watchStays()
        watchReleases()
        recordHeader()
        try Task.checkCancellation()
    }

    private func rules(_ probes: [ProbeSource]) -> RowJudge.Rules {
        var rules = RowJudge.Rules()
        rules.resources += probes.map(\.resource)
        rules.heapCoversAllocators = probes.contains { $0.coversAllocators ?? false }
        rules.lagging = Set(probes.filter { $0.mayLag ?? false }.map(\.resource))
        rules.usesTracingGC = description?.runtime.runtime.collectsLazily ?? false
        rules.verdicts = rows.count * rules.resources.count * (plan.shard?.count ?? 1)
        rules.pauseSeconds = plan.requiredPause.inSeconds
        rules.isPauseChosen = plan.pause != nil
        return rules
    }

    /// Leaves out the compressed rows of a target that does not compress, unless they were asked for by themselves.
    private func chooseCompression(_ target: Target) async throws {
        guard plan.compression == .both, let compressed = Lifecycle.cleanClose.compressed else { return }
        let counts = await driver.drive(compressed, script(for: target), .init(connections: 1, concurrency: 1))
        // One that breaks is no reason: its row says so.
        guard counts.uncompressed > 0 else { return }
        rows.removeAll { $0.lifecycle.isCompressed }
        notes.append("driven without compression only: \(counts.firstProblem ?? "no reason known")")
    }

    /// Learns what can be read of the target beside its processes. What the user asked for by name must be readable.
    private func chooseProbes(_ target: Target) async throws -> [ProbeSource] {
        for (resource, problem) in await target.probes.failures {
            guard resource == .liveHeap, plan.heap.contains(.automatic) else { throw TargetFailure.invalid(problem) }
            notes.append("the live heap is not read: \(problem)")
        }
        notes += await target.probes.remarks
        return await target.probes.sources
    }

    /// What every peer of a target is told.
    func script(for target: Target) -> PeerScript { Self.script(plan, target, expectsReply: expectsReply) }

    static func script(_ plan: CheckPlan, _ target: Target, expectsReply: Bool) -> PeerScript {
        var script = PeerScript(url: target.url, address: target.address, options: plan.peers)
        script.expectsReply = expectsReply
        return script
    }

    /// Has a process of its own watched for its heartbeat, where rows are about peers that stay.
    private func watchStays() {
        guard plan.hold == nil, !plan.usesOneProcess, isPolite, rows.contains(where: \.lifecycle.staysConnected) else {
            return
        }
        stayWatch = StayWatch(plan) { [plan, expectsReply] in
            Self.script(plan, $0, expectsReply: expectsReply)
        }
        stayWatchBegan = .now
    }

    /// Decides how long the peers of a row stay, once what was learned of the target is asked for; false where the row is
    /// left out, as they cannot stay for long enough to show anything.
    func chooseHold(_ row: Int) async -> Bool {
        let lifecycle = rows[row].lifecycle
        guard lifecycle.staysConnected, rows[row].samples.isEmpty else { return true }
        let stays = Stay(
            chosen: plan.hold, budget: plan.budget, rows: rows.count,
            stayingRows: rows.count { $0.lifecycle.staysConnected })
        if let watch = stayWatch.take() {
            observation = await watch.end(wait: stays.wait)
            stay.watchedSeconds = stayWatchBegan.elapsed.inSeconds
            stay.learn(observation)
        }
        guard let hold = stays.hold(lifecycle, observation) else {
            rows[row].isInapplicable = true
            stay.leaveOut(lifecycle.label, longest: stays.longest)
            return false
        }
        rows[row].hold = hold
        schedule.didChooseCrowd(row, Stay.crowd(hold))
        return true
    }

    /// What a record begins with, once the target and the rows are known.
    var header: CheckRecord.Header {
        var header = CheckRecord.Header(
            startedAt: startedAt, seed: plan.seed, budgetSeconds: plan.budget.inSeconds, concurrency: plan.concurrency,
            target: description?.name ?? "", runtime: description.map { "\($0.runtime)" } ?? "unknown",
            collectsLazily: judge.rules.usesTracingGC, descriptorLimit: description?.descriptorLimit,
            isolation: isolation, environment: plan.environment,
            memoryGrowthThresholdBytes: plan.memoryGrowthThresholdBytes, notes: notes,
            rows: rows.map {
                CheckRecord.Row(
                    lifecycle: $0.lifecycle.name, compressed: $0.lifecycle.isCompressed, script: $0.lifecycle.source)
            },
            probes: description.flatMap { $0.probes.isEmpty ? nil : $0.probes })
        header.pauseSeconds = judge.rules.pauseSeconds
        header.pauseChosen = judge.rules.isPauseChosen ? true : nil
        header.shard = plan.shard
        return header
    }

    /// Makes a polite connection, and learns whether the target answers messages.
    func meet(_ target: Target) async throws {
        var script = script(for: target)
        let opening = plan.peers.opening
        let isSimple = opening.requests.isEmpty && opening.steps.isEmpty && !target.url.isSecure
        script.stepLimit = isSimple ? Self.firstLimit : Self.openingLimit
        let limit = "\(Int(script.stepLimit.inSeconds)) s"
        let first = await driver.drive(.cleanClose, script, .init(connections: 1, concurrency: 1))
        // A drive that was cut off says nothing of the target.
        try Task.checkCancellation()
        isPolite = first.completed > 0
        if let problem = first.openingProblem {
            throw TargetFailure.invalid(
                "the target does not follow the opening: \(problem)\(remedies: .traceOpening, after: .remark)")
        }
        encryption = first.encryption
        if target.url.isSecure && encryption == nil { throw unencrypted(first, limit) }
        if case .awaitReplies? = first.firstStall {
            // It may well not answer at all, or be a feed: the closing handshake decides.
            expectsReply = false
            script.expectsReply = false
            notes.append("it does not answer a message within \(limit): the peers send theirs and do not wait for one")
            let second = await driver.drive(.cleanClose, script, .init(connections: 1, concurrency: 1))
            isPolite = second.completed > 0
            if !isPolite { notes.append(impoliteNote(second)) }
        } else if first.stalled > 0 {
            notes.append(
                "a polite connection takes longer than \(limit) (\(first.firstStall.map(String.init(describing:)) ?? ""))"
                    + "\(remedies: .giveMoreTime)")
        } else if !isPolite {
            if first.refused == 0 && TLSProbe.speaksTLS(target.address) {
                throw TargetFailure.unreachable(
                    "port \(target.url.port) speaks TLS: write wss:// in place of ws://")
            }
            notes.append(impoliteNote(first))
        }
        if target.listens == false { try await requirePart(of: target) }
    }

    /// Why nothing can be said to the target through TLS.
    private func unencrypted(_ counts: DriveCounts, _ limit: String) -> TargetFailure {
        if counts.stalled > 0 {
            return .unreachable(
                "nothing answers a TLS handshake within \(limit): if the server speaks no TLS there, write ws:// in place of "
                    + "wss://")
        }
        if case .untrusted? = counts.encryptionFailure { return .untrusted(counts.firstProblem ?? "") }
        return .unreachable(counts.firstProblem ?? "no reason known")
    }

    private func impoliteNote(_ counts: DriveCounts) -> Problem {
        let note: Problem = "a polite connection does not work: \(counts.firstProblem ?? "no reason known")"
        return counts.encryption?.lacksCertificate == true
            ? "\(note); the target asks for a certificate and was given none" : note
    }

    /// Makes sure that processes of which none listens on the URL's port have a part in its connections, as a server behind a
    /// proxy has; or nothing could be said of them.
    private func requirePart(of target: Target) async throws {
        let port = target.url.port
        let pids = target.pids.map(String.init).joined(separator: ", ")
        notes.append("none of the processes read (\(pids)) listens on port \(port)")
        guard isPolite else { return }
        var script = script(for: target)
        script.holdLimit = .milliseconds(400)
        let before = try target.descriptorCount()
        let load = PeerDriver.Load(connections: Self.heldConnections, concurrency: Self.heldConnections)
        let holding = Task { [driver, script] in await driver.drive(.vanishOpen, script, load) }
        var most = before
        let deadline = MonotonicTime.now + .milliseconds(600)
        while MonotonicTime.now < deadline, most - before < Self.heldConnections / 2 {
            try await Task.sleep(for: .milliseconds(10))
            most = max(most, try target.descriptorCount())
        }
        let counts = await holding.value
        guard counts.completed == Self.heldConnections, most - before < Self.heldConnections / 2 else { return }
        throw TargetFailure.invalid(
            "process \(pids) does not listen on port \(port), and opened nothing while \(Self.heldConnections) connections "
                + "were held there\(remedies: .nameServer(listening: ProcessReader.listening(port: port)))")
    }

    /// Connections at a time that this process has descriptors for.
    func boundConcurrency() {
        let held = (try? ProcessReader(pid: getpid()).descriptorCount()) ?? 0
        let room = max(1, DescriptorLimit.current - held - Self.reservedDescriptors)
        concurrencyBound = room
        guard room < plan.concurrency else { return }
        notes.append(
            "no more than \(room) connections at a time are made, as this process may open only \(DescriptorLimit.current) "
                + "descriptors: raise that limit (ulimit -n)")
    }
}
