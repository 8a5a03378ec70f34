import Causes
import HeapProbes
import LeakStatistics
import Lifecycles
import Logging
import ProcessResources
import Remedies
import RuntimeCauses
import SystemCalls
import Targets
import WebSocketProtocol

/// Naming the causes of what was found, in processes of their own and after the verdict, which nothing here touches.
extension CheckRun {
    /// For each part of the driving of a row.
    private static let driveLimit = Duration.seconds(10)
    /// Connections of an interval that must have come about for it to tell anything.
    private static let leastConnections = 50

    /// Explains rows of `result` that leak, as the plan wants it, and notes what was learned.
    func explain(_ result: inout CheckResult) async {
        guard plan.mayExplain else { return }
        await explain(ExplanationPlan.rows(of: result, takesKnown: plan.explain == .always), of: &result)
    }

    /// Explains the rows `chosen` of `result`, by their indices.
    func explain(_ chosen: [Int], of result: inout CheckResult) async {
        guard !chosen.isEmpty else { return }
        // A command that always takes the same port cannot run twice.
        if plan.usesOneProcess, case .command = plan.subject { await targets.endAll() }
        for index in chosen where !Task.isCancelled {
            guard let row = rows.firstIndex(where: { $0.lifecycle == result.rows[index].lifecycle }) else { continue }
            isExplaining = true
            logger.info("\(rows[row].lifecycle.label): looking for the causes of what leaks")
            tell(row, .confirm, privateMemory: rows[row].samples.last?.privateMemory ?? 0)
            guard let explanation = await explanation(of: result.rows[index], row) else { continue }
            rows[row].explanation = explanation
            result.rows[index].explanation = explanation
        }
    }

    /// Looks at the target as at the beginning of a check, then explains the rows `chosen` of a result that was recorded, whose
    /// peers stayed as long as `holds` says, by label.
    func explain(_ chosen: [Int], ofRecorded result: inout CheckResult, holds: [String: Duration]) async throws {
        for row in rows.indices { rows[row].hold = holds[rows[row].lifecycle.label] ?? rows[row].hold }
        try await prepare()
        await explain(chosen, of: &result)
    }

    /// What the causes of a row are, or why they are not known; nil where the check was ended meanwhile.
    private func explanation(of row: CheckResult.Row, _ index: Int) async -> Explanation? {
        guard let load = ExplanationPlan.load(for: row, descriptorLimit: description?.descriptorLimit) else {
            return Explanation(
                failure: .init(
                    "each connection leaves so much that a process cannot take as many as would tell",
                    remedy:
                        "let the target open more descriptors, or look with its own profiler before and after a few connections"
                ))
        }
        do {
            return try await explanation(of: row, index, load)
        } catch let failure as Explanation.Failure {
            return Explanation(failure: failure)
        } catch {
            return Task.isCancelled ? nil : Explanation(failure: Explanation.Failure("\(error)" as Problem))
        }
    }

    private func explanation(of row: CheckResult.Row, _ index: Int, _ load: ExplanationPlan.Load) async throws
        -> Explanation
    {
        let target = try await Target.forPlan(plan, explained: description?.runtime.runtime ?? .native)
        defer {
            target.terminate()
            target.end()
        }
        guard let subject = target.heapSubject else { throw Explanation.Failure("the target's address makes no URL") }
        let probe = try await CauseProbes.open(subject, orDescriptors: row.leaksDescriptors)
        do {
            let explanation = try await explanation(of: row, index, load, target, probe)
            await probe.close()
            return explanation
        } catch {
            await probe.close()
            throw error
        }
    }

    private func explanation(
        of row: CheckResult.Row, _ index: Int, _ load: ExplanationPlan.Load, _ target: Target, _ probe: any CauseProbe
    ) async throws -> Explanation {
        _ = try await drive(row.lifecycle, rows[index].hold, load.warmUp, target)
        var snapshots = [try await snapshot(probe, target)]
        var connections: [Int] = []
        for _ in 0..<2 {
            let completed = try await drive(row.lifecycle, rows[index].hold, load.interval, target)
            guard completed >= Self.leastConnections else {
                throw Explanation.Failure(
                    "\(completed) connections came about in \(Self.driveLimit), which are too few to tell a cause from noise",
                    remedy: "check the row alone on a machine that does less"
                )
            }
            snapshots.append(try await snapshot(probe, target))
            connections.append(completed)
        }
        let causes = await probe.refined(CauseSearch(snapshots, connections: connections).causes())
        let areDescriptors = !causes.isEmpty && causes.allSatisfy { $0.kind == .descriptor }
        let source = areDescriptors ? DescriptorTallies.source : probe.source
        var explanation = Explanation(source: source, connections: connections, causes: causes)
        explanation.note = probe.note
        explanation.explainedShare = row.explainedShare(by: causes)
        return explanation
    }

    /// What the probe says, and the descriptors of all processes.
    private func snapshot(_ probe: any CauseProbe, _ target: Target) async throws -> CauseSnapshot {
        var snapshot = try await probe.snapshot()
        let descriptors = DescriptorTallies.tallies(of: target.members, servingPort: target.url.port)
        snapshot.counted.merge(descriptors) { $1 }
        return snapshot
    }

    /// Makes connections, waits until the target has worked them off, and says how many went the lifecycle's way.
    private func drive(_ lifecycle: Lifecycle, _ hold: Duration, _ connections: Int, _ target: Target) async throws
        -> Int
    {
        var script = script(for: target)
        script.holdLimit = hold
        var settling = Settling(control: try target.descriptorCount(), awaitsRest: true, at: .now)
        let crowd = lifecycle.staysConnected ? Stay.crowd(hold) : plan.concurrency
        let load = PeerDriver.Load(
            connections: connections, concurrency: min(max(plan.concurrency, crowd), concurrencyBound, connections),
            limit: max(Self.driveLimit, hold * 2), acceptQueue: { target.acceptQueue() })
        let counts = await driver.drive(lifecycle, script, load)
        if let problem = counts.firstProblem { logger.info("explaining \(lifecycle.label): \(problem.description)") }
        try await settling.wait(for: target)
        try Task.checkCancellation()
        return counts.completed
    }
}

extension CheckPlan {
    /// Whether the plan lets causes be looked for in its target.
    var mayExplain: Bool {
        switch (explain, subject) {
        case (.never, _): false
        case (.always, _), (.automatic, .command): true
        case (.automatic, _): false
        }
    }
}

extension CheckResult.Row {
    private static let mostShare = 1.3

    /// Whether each connection leaves descriptors.
    fileprivate var leaksDescriptors: Bool {
        resources.contains { $0.resource == .descriptors && $0.verdict == .leak }
    }

    /// Which part of the leak `causes` account for: of the live heap by bytes, otherwise of a count by how many there are; nil
    /// where neither is known.
    func explainedShare(by causes: [Cause]) -> Double? {
        let leaks = resources.filter { $0.verdict == .leak && ($0.perConnection ?? 0) > 0 }
        let bytes = causes.compactMap(\.bytesPerConnection)
        let share: Double?
        if let heap = leaks.first(where: { $0.resource == .liveHeap })?.perConnection, !bytes.isEmpty {
            share = bytes.reduce(0, +) / heap
        } else if let count = leaks.first(where: { $0.resource.rawValue == "goroutines" })?.perConnection {
            share = causes.filter { $0.kind == .goroutine }.map(\.countPerConnection).reduce(0, +) / count
        } else if let count = leaks.first(where: { $0.resource == .descriptors })?.perConnection {
            share = causes.filter { $0.kind == .descriptor }.map(\.countPerConnection).reduce(0, +) / count
        } else {
            share = nil
        }
        // A runtime that says more of its objects than they take says nothing of their share.
        return share.flatMap { $0 > Self.mostShare ? nil : min(1, max(0, $0)) }
    }
}
