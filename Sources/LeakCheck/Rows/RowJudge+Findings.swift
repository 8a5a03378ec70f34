import LeakStatistics
import Lifecycles

extension RowJudge {
    /// The row as it is reported.
    package func row(_ row: RowMeasurement) -> CheckResult.Row {
        let judgments = judgments(row)
        var result = CheckResult.Row(
            lifecycle: row.lifecycle, connections: row.connections,
            resources: rules.resources.compactMap { resource in
                judgments[resource].map { finding(row, resource, $0) }
            }, stall: row.stall, held: row.held)
        if result.resources.contains(where: { $0.verdict == .leak || $0.isPauseMissing }) { result.timers = row.timers }
        if result.resources.contains(where: { $0.verdict == .leak }) {
            result.gains = row.gains
            result.explanation = row.explanation
        }
        return result
    }

    private func finding(
        _ row: RowMeasurement, _ resource: Resource, _ judgment: Judgment
    ) -> CheckResult.Finding {
        var finding = CheckResult.Finding(
            resource: resource, verdict: .inconclusive, perConnection: judgment.estimate?.perConnection,
            interval: judgment.estimate?.interval, smallestDetectable: judgment.bound)
        finding.releasedWithinSeconds = row.releasedWithin[resource]
        switch judgment.assessment {
        case .clean:
            finding.verdict = .clean
            if let seconds = finding.releasedWithinSeconds {
                finding.reason = .released(seconds: seconds)
            } else if judgment.troughs?.hasReleased == true {
                finding.reason = .releasedInPause
            }
        case .leak: convict(&finding, row, judgment)
        case .undecided(let reason): finding.reason = explained(reason, row, resource)
        case .suspect, .unconfirmed: finding.reason = suspicion(row, judgment)
        }
        if let troughs = judgment.troughs,
            finding.verdict == .leak || troughs.decidesAmount && finding.verdict != .clean
        {
            finding.perConnection = troughs.perConnection
            finding.interval = troughs.interval
        }
        doubt(&finding, row, judgment.assessment)
        if resource == .descriptors, let held = row.held { judge(held, &finding) }
        if finding.verdict == .leak { finding.smallestDetectable = judgment.estimate?.resolution }
        if resource == .descriptors && finding.verdict == .leak {
            for (state, count) in row.tcpStatesAtEnd where count > row.tcpStatesAtStart[state, default: 0] {
                finding.tcpStates[state] = count - row.tcpStatesAtStart[state, default: 0]
            }
        }
        return finding
    }

    private func convict(_ finding: inout CheckResult.Finding, _ row: RowMeasurement, _ judgment: Judgment) {
        finding.verdict = .leak
        let kept = judgment.troughs.map { Self.keptSeconds(row, $0) } ?? 0
        // The one that the user chose is said as it was chosen, however long others were driven meanwhile.
        let seconds = rules.isPauseChosen ? min(kept, rules.pauseSeconds) : kept
        finding.reason = .kept(
            pauseSeconds: seconds, connections: row.completed, isChosen: rules.isPauseChosen)
        guard let troughs = judgment.troughs, case .confirmed(let least, let most) = troughs.standing,
            most > Self.leastUnevenRatio * least
        else { return }
        finding.reason = .keptUnevenly(
            pauseSeconds: seconds, connections: row.completed, isChosen: rules.isPauseChosen, least: least, most: most)
    }

    /// What peers that stayed say, unless the row leaks whether they stay or not.
    private func judge(_ held: CheckResult.HeldPeers, _ finding: inout CheckResult.Finding) {
        guard held.areKept, finding.verdict != .leak else { return }
        finding.interval = nil
        finding.perConnection = Double(held.kept) / Double(held.peers)
        finding.verdict = held.isConclusive ? .leak : .inconclusive
        finding.reason =
            held.isConclusive
            ? .keptWhileStaying(kept: held.kept, peers: held.peers, seconds: held.seconds)
            : .pauseMissing(keptSeconds: held.seconds, requiredSeconds: CheckResult.HeldPeers.limitSeconds)
    }

    /// How much more than the least the most of several drives must leave for a leak to be called uneven.
    private static let leastUnevenRatio = 1.5

    /// Why a suspicion is not a verdict: the pause did not come, or not the one that what it gave back asks for.
    private func suspicion(_ row: RowMeasurement, _ judgment: Judgment) -> Reason {
        if let troughs = judgment.troughs, troughs.hasReleased {
            return .restUnconfirmed(
                perConnection: troughs.perConnection, pauseSeconds: row.longestPauseSeconds ?? 0)
        }
        return .pauseMissing(keptSeconds: keptSeconds(row), requiredSeconds: requiredPause(row))
    }

    /// How long at least a suspicion is known to have been kept: through the longest pause, or since the middle of its only
    /// drive.
    private func keptSeconds(_ row: RowMeasurement) -> Double {
        if let pause = row.longestPauseSeconds { return pause }
        guard let first = row.samples.first, let last = row.samples.last else { return 0 }
        return (last.seconds - first.seconds) / 2
    }

    /// A doubt with what was measured of the row.
    private func explained(_ reason: Reason, _ row: RowMeasurement, _ resource: Resource) -> Reason {
        var reason = reason
        if case .tooFewConnections = reason {
            reason = .tooFewConnections(
                connections: row.completed, seconds: row.drivenSeconds(), held: held(row, resource))
        }
        guard let stop = row.stopReason, !reason.isSuspicion else { return reason }
        return .limited(stop, then: reason)
    }

    /// What a count grew by where that is too little to be judged; 0 where it is next to nothing.
    private func held(_ row: RowMeasurement, _ resource: Resource) -> Int {
        guard resource.scale == .counts, row.completed > 0, let first = row.samples.first?.level(resource),
            let last = row.samples.last?.level(resource), last - first >= Self.leastHeldShare * Double(row.completed)
        else { return 0 }
        return Int(last - first)
    }

    /// The share of connections that must still hold something for it to be said where nothing can be judged.
    private static let leastHeldShare = 0.1

    /// Takes back what cannot be said of a row that did not go as it should: that it is clean, and where its connections
    /// hardly came about, anything.
    private func doubt(_ finding: inout CheckResult.Finding, _ row: RowMeasurement, _ assessment: Assessment) {
        let grew = [.suspect, .unconfirmed].contains(assessment)
        let reason: Reason
        if let stall = row.stall {
            if finding.verdict == .leak { return }
            reason = .stalled(stall, grewBefore: grew)
        } else if let failure = row.failure {
            if finding.verdict == .leak { return }
            reason = .failed(failure, grewBefore: grew)
        } else if row.connections.attempted == 0 {
            reason = .notDriven(problem: row.connections.firstProblem)
        } else {
            let share = Double(row.connections.completed) / Double(row.connections.attempted)
            guard share < Self.leastCompletedShare else { return }
            reason = .fewCompleted(share: share, problem: row.connections.firstProblem)
        }
        finding.verdict = .inconclusive
        finding.reason = reason
    }

    /// Growth of private memory in a row, in bytes, where it is more than `thresholdBytes`; a rule of thumb beside the
    /// verdict.
    package static func growth(of row: RowMeasurement, beyond thresholdBytes: Int) -> Int? {
        guard let first = row.samples.first, let last = row.samples.last else { return nil }
        let grown = last.privateMemory - first.privateMemory
        return grown > thresholdBytes ? grown : nil
    }
}

extension CheckResult.Finding {
    /// Whether all that a leak lacks is a pause that is long enough.
    fileprivate var isPauseMissing: Bool { if case .pauseMissing = reason { true } else { false } }
}
