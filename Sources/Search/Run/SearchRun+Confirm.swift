import LeakCheck
import LeakStatistics
import Lifecycles
import Logging
import SystemCalls
import Targets

/// Has a row of the check say whether a suspect leaks: what is reported as a leak is one.
extension SearchRun {
    /// Carries out a check of a suspect's script alone.
    func confirm(_ suspect: Suspect) async throws {
        tellProgress(isConfirming: true)
        logger.info("a row decides whether \(suspect.symptom) by \(suspect.amount):\n\(suspect.script.text)")
        let name = "found-\(schedule.findings.count + 1).lifecycle"
        guard let lifecycle = suspect.script.lifecycle(named: name) else {
            return schedule.didConfirm(suspect, .undecided(nil))
        }
        var check = plan.check
        check.lifecycles = [lifecycle]
        check.compression = .off
        check.budget = SearchPlan.confirmingBudget
        check.isBudgetFixed = false
        if suspect.script.concurrency > 1 { check.concurrency = suspect.script.concurrency }
        if !suspect.predecessors.isEmpty { check = try await prepared(check, suspect) }
        // The check reads a process by itself, mostly one of its own.
        if suspect.predecessors.isEmpty { await retire() } else { await target?.probes.close() }
        let started = LeakCheck(check, logger: logger, progress: { [report = progressWhileConfirming()] _ in report() })
        let outcome: CheckResult
        do {
            outcome = try await started.run()
        } catch let failure as TargetFailure {
            logger.info("\(name) could not be checked: \(failure)")
            return schedule.didConfirm(suspect, .undecided(nil))
        }
        if outcome.interruption == .interrupted { throw CancellationError() }
        schedule.didConfirm(suspect, Self.confirmation(suspect, outcome))
        if !suspect.predecessors.isEmpty { await retire() }
    }

    /// A plan that checks the process in which the predecessors were played.
    private func prepared(_ plan: CheckPlan, _ suspect: Suspect) async throws -> CheckPlan {
        var plan = plan
        let target = try await process(isFresh: true)
        let peers = peerScript(target)
        for script in suspect.predecessors {
            guard let lifecycle = script.lifecycle(named: "predecessor") else { continue }
            let load = PeerDriver.Load(
                connections: schedule.settings.lonelyConnections, concurrency: script.concurrency)
            _ = await driver.drive(lifecycle, peers, load)
        }
        try Task.checkCancellation()
        plan.subject = .running(pids: target.pids)
        plan.url = "\(target.url)"
        return plan
    }

    /// What a check of one row says.
    static func confirmation(_ suspect: Suspect, _ result: CheckResult) -> SearchSchedule.Confirmation {
        if result.verdict == .leak { return .leak(result, causes: result.causeWords) }
        let findings = result.rows.flatMap(\.resources)
        let kept = findings.compactMap(\.releasedWithinSeconds).max()
        // Clean is what was suspected, whatever is in doubt of other resources.
        let isClean = findings.contains { $0.resource == suspect.symptom.resource && $0.verdict == .clean }
        return isClean && result.interruption == nil ? .refuted(keptFor: kept.map { .seconds($0) }) : .undecided(result)
    }

    private func progressWhileConfirming() -> @Sendable () -> Void {
        let (report, start, counts) = (self.report, self.start, schedule.counts)
        let (signatures, findings, suspicion) = (schedule.signatures, schedule.findings.count, schedule.suspicion)
        return {
            report(
                SearchProgress(
                    seconds: start.elapsed.inSeconds, counts: counts, signatures: signatures, findings: findings,
                    suspicion: suspicion, isConfirming: true))
        }
    }
}
