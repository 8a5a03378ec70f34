import Causes
import Glibc
import ProcessResources
import SystemCalls
import Testing

/// Learns which lines leave what a check has found, from a replay of it.
struct LeakExplainer {
    /// What was found.
    var findings: [LeakFinding]
    /// The check; nil of one within another.
    var site: CheckSite?
    /// How long a run of the body took.
    var runLasts: Duration
    /// How long after its runs a task that outlives them may still open something.
    var lateness: Duration

    /// Where the causes come from, in words.
    private static let source = "the stacks of a second process that ran the test again"
    /// What the replays of this process may take together: more says nothing that the first have not.
    private static let wholeLimit = Duration.seconds(180)
    private static let spent = Locked(Duration.zero)

    /// The explanation, or why there is none; nil where none is wanted.
    func explanation() async -> Explanation? {
        do throws(Explanation.Failure) {
            guard try ExplanationChoice.own() else { return nil }
            guard let site else {
                throw Explanation.Failure(
                    "it is a check within another, which is not run again", remedy: "check it by itself")
            }
            let program = try ReplayProgram.own(test: Test.current.map { "\($0.id)" })
            guard Self.spent.withLock({ $0 < Self.wholeLimit }) else {
                throw Explanation.Failure(
                    "this process has run tests again for \(Self.wholeLimit)", remedy: "run this one alone")
            }
            let begin = ContinuousClock.now
            defer { Self.spent.withLock { $0 += ContinuousClock.now - begin } }
            return try await explanation(of: program, site)
        } catch {
            return Explanation(failure: error)
        }
    }

    private func explanation(of program: ReplayProgram, _ site: CheckSite) async throws(Explanation.Failure)
        -> Explanation
    {
        let load = try load()
        let lateness = lateness
        let replay = try await Self.onThread { () throws(Explanation.Failure) in
            try Replay(program, site, load, lateness: lateness)
        }
        let outcome: Result<Explanation, Explanation.Failure>
        do throws(Explanation.Failure) {
            outcome = .success(try await explanation(of: replay, load))
        } catch {
            outcome = .failure(error)
        }
        try await Self.onThread { replay.end() }
        return try outcome.get()
    }

    private func load() throws(Explanation.Failure) -> ReplayLoad {
        let reader = try? ProcessReader(pid: getpid())
        let limit = (try? reader?.openFileLimit().soft).flatMap { $0 }
        return try ReplayLoad(
            runLasts: runLasts, rates: findings.filter { $0.resource != .heap }.map(\.perRun),
            descriptors: findings.first { $0.resource == .descriptors }?.perRun ?? 0,
            mostDescriptors: Int(clamping: limit ?? 1024))
    }

    private func explanation(
        of replay: Replay, _ load: ReplayLoad
    ) async throws(Explanation.Failure) -> Explanation {
        let deadline = MonotonicTime.now + Replay.limit
        try await Self.onThread { () throws(Explanation.Failure) in try replay.waitUntilDone(before: deadline) }
        guard let process = try? ProcessReader(pid: replay.pid) else {
            throw Explanation.Failure("the process that ran the test again has ended")
        }
        let probe = try NativeCauseProbe([process], servingPort: nil)
        var snapshots = [try await Self.snapshot(probe, process)]
        for _ in 0..<2 {
            replay.goOn()
            try await Self.onThread { () throws(Explanation.Failure) in try replay.waitUntilDone(before: deadline) }
            snapshots.append(try await Self.snapshot(probe, process))
        }
        let found = CauseSearch(snapshots, connections: [load.runs, load.runs]).causes()
        // Threads are told by what the loader allocates of them.
        let told = found.filter { isWanted($0) || $0.kind == .allocation && leaks(.threads) }
        let causes = await probe.refined(told).filter(isWanted).map(\.withinBody)
        var explanation = Explanation(source: Self.source, connections: [load.runs, load.runs], causes: causes)
        explanation.note = probe.note
        explanation.explainedShare = share(by: causes)
        return explanation
    }

    /// What the process holds: blocks, threads and descriptors.
    private static func snapshot(
        _ probe: NativeCauseProbe, _ process: ProcessReader
    ) async throws(Explanation.Failure) -> CauseSnapshot {
        var snapshot = try await probe.snapshot()
        snapshot.counted.merge(DescriptorTallies.tallies(of: [process], servingPort: nil)) { $1 }
        return snapshot
    }

    /// Whether a cause is of something that was found: the verdict is the check's.
    private func isWanted(_ cause: Cause) -> Bool {
        switch cause.kind {
        case .descriptor: leaks(.descriptors)
        case .thread: leaks(.threads)
        default: leaks(.heap) || leaks(.objects)
        }
    }

    private func leaks(_ resource: LeakedResource) -> Bool { findings.contains { $0.resource == resource } }

    /// Which part of the leak the causes account for: of the heap by bytes, otherwise of a count; nil where it is not known.
    private func share(by causes: [Cause]) -> Double? {
        func amount(_ resource: LeakedResource) -> Double? { findings.first { $0.resource == resource }?.perRun }
        func count(_ kind: Cause.Kind) -> Double {
            causes.filter { $0.kind == kind }.map(\.countPerConnection).reduce(0, +)
        }
        let share: Double? =
            if let heap = amount(.heap) {
                causes.compactMap(\.bytesPerConnection).reduce(0, +) / heap
            } else if let descriptors = amount(.descriptors) {
                count(.descriptor) / descriptors
            } else {
                amount(.threads).map { count(.thread) / $0 }
            }
        return share.map { min(1, max(0, $0)) }
    }

    /// What `body` yields, which may block.
    private static func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(Explanation.Failure) -> Value
    ) async throws(Explanation.Failure) -> Value {
        let result: Result<Value, Explanation.Failure>
        do {
            result = try await Thread.run("leak replay", body)
        } catch {
            throw Explanation.Failure("the test cannot be run again: \(error)")
        }
        return try result.get()
    }
}
