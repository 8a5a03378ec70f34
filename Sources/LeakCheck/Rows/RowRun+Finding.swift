import LeakStatistics
import Lifecycles
import ProcessResources
import Sockets

extension RowRun {
    /// The share of connections that must have come about for a row to be judged.
    static let leastCompletedShare = 0.9

    /// How long connections must be made before a value is clean that may be two seconds old: pages are often made anew
    /// only every second or so.
    private static let leastSecondsOfLagging = 6.0

    /// The opinion on every resource, from the samples so far or those up to the index `last`.
    func opinions(isLazy: Bool, upTo last: Int? = nil) -> [Resource: RowJudge.Opinion] {
        judgements(isLazy: isLazy, last.map { 0..<($0 + 1) }).mapValues(\.opinion)
    }

    /// The opinion on every resource with the estimate it rests on, from all samples or a part of them.
    private func judgements(
        isLazy: Bool, _ part: Range<Int>? = nil
    ) -> [Resource: (opinion: RowJudge.Opinion, estimate: GrowthEstimate?)] {
        var judgements: [Resource: (opinion: RowJudge.Opinion, estimate: GrowthEstimate?)] = [:]
        for resource in resources {
            let series = GrowthSeries(charged(resource, part).compactMap { $0 })
            judgements[resource] = RowJudge.opinion(series, resource, isLazy: isLazy)
            if let problem = unread[resource] { judgements[resource]?.opinion = .open(problem) }
            if lagging.contains(resource), case .clean = judgements[resource]?.opinion,
                drivenSeconds(part) < Self.leastSecondsOfLagging
            {
                judgements[resource]?.opinion = .open(
                    "its readings may be seconds old, and connections were made for few: give it a longer --budget")
            }
        }
        if let memory = judgements[.privateMemory], let heap = judgements[.liveHeap] {
            judgements[.privateMemory]?.opinion = RowJudge.deferring(memory.opinion, memory.estimate, to: heap.opinion)
        }
        return judgements
    }

    /// The readings of a resource without what another leak accounts for, so that one defect is not reported twice: of
    /// private memory, what leaked threads need and what is left on the heap.
    func charged(_ resource: Resource, _ part: Range<Int>? = nil) -> [GrowthSeries.Point?] {
        guard resource == .privateMemory else { return readings(resource, part) }
        var memory = series(resource, part)
        if let threads = suspect(.threads, part) {
            memory = memory.charging(RowJudge.bytesPerThread, perUnitOf: threads.floor)
        }
        if let heap = suspect(.liveHeap, part)?.floor {
            let levels = memory.points.map {
                GrowthSeries.Point(connections: $0.connections, level: heap.level(at: $0.connections))
            }
            memory = memory.charging(1, perUnitOf: GrowthSeries(levels))
        }
        return memory.points
    }

    /// The series of a resource when it is judged and grows like a leak.
    private func suspect(_ resource: Resource, _ part: Range<Int>?) -> GrowthSeries? {
        guard resources.contains(resource) else { return nil }
        let series = series(resource, part)
        return RowJudge.opinion(series, resource, isLazy: false).opinion == .suspect ? series : nil
    }

    /// The row as it is reported.
    func result(isLazy: Bool) -> CheckResult.Row {
        let judgements = judgements(isLazy: isLazy)
        return CheckResult.Row(
            lifecycle: lifecycle, connections: counts,
            resources: resources.compactMap { resource in
                judgements[resource].map { finding(resource, $0.opinion, $0.estimate) }
            }, stall: stall)
    }

    private func finding(
        _ resource: Resource, _ opinion: RowJudge.Opinion, _ estimate: GrowthEstimate?
    ) -> CheckResult.Finding {
        var finding = CheckResult.Finding(
            resource: resource, verdict: .inconclusive, perConnection: estimate?.perConnection,
            interval: estimate?.interval, smallestDetectable: estimate?.largestHidden)
        finding.releasedWithinSeconds = releasedWithin[resource].map(\.inSeconds)
        switch opinion {
        case .clean:
            finding.verdict = .clean
            if let seconds = finding.releasedWithinSeconds {
                finding.remark =
                    "kept for a while, released within \(Int(seconds.rounded(.up))) s after the last connection"
            }
        case .open(let reason):
            finding.remark =
                (obstacle.map { "\($0); \(reason)" } ?? "\(reason)\(pace)") + (estimate == nil ? growth(resource) : "")
        case .suspect: judgeSuspicion(resource, estimate, &finding)
        }
        if let problem { doubt(problem, opinion, &finding) }
        if finding.verdict == .leak { finding.smallestDetectable = estimate?.resolution }
        if resource == .descriptors && finding.verdict == .leak {
            for (state, count) in statesAtEnd where count > statesAtStart[state, default: 0] {
                finding.tcpStates[state] = count - statesAtStart[state, default: 0]
            }
        }
        return finding
    }

    /// Takes back what cannot be said of a row that did not go as it should: that it is clean, and where its connections
    /// hardly came about, anything.
    private func doubt(_ problem: String, _ opinion: RowJudge.Opinion, _ finding: inout CheckResult.Finding) {
        let wasDriven = stall != nil || breakdown != nil
        if finding.verdict == .leak && wasDriven { return }
        finding.verdict = .inconclusive
        finding.remark = wasDriven && opinion == .suspect ? "\(problem); until then it grew like a leak" : problem
    }

    /// What a count grew by where that is too little to be judged.
    private func growth(_ resource: Resource) -> String {
        guard resource.scale == .counts, completed > 0, let first = samples.first?.level(resource),
            let last = samples.last?.level(resource), last - first >= 0.1 * Double(completed)
        else { return "" }
        return "; so far \(Int(last - first)) more \(resource.unit) are held after \(completed) connections"
    }

    /// What a target that is slow has come to.
    private var pace: String {
        guard completed > 0, completed < RowJudge.leastConnections / 4, let first = samples.first,
            let last = samples.last,
            last.seconds - first.seconds > 1
        else { return "" }
        return " (\(completed) connections took \(Int((last.seconds - first.seconds).rounded())) s): give it a longer "
            + "--budget, or more --concurrency"
    }

    private func judgeSuspicion(
        _ resource: Resource, _ estimate: GrowthEstimate?, _ finding: inout CheckResult.Finding
    ) {
        switch confirmation(of: resource) {
        case .confirmed where !isBeyondChance(resource, estimate):
            finding.remark =
                "it grows like a leak, but of so many verdicts one may by chance: give it a longer --budget, or drive this "
                + "--lifecycle alone"
        case .confirmed where mayBeKeptAgain(resource):
            finding.remark =
                "what the same connections held was given back during the pause, and is held again by those behind it: their "
                + "memory may be, too; a longer --budget can tell"
        case .confirmed:
            finding.verdict = .leak
            if let pauseSeconds {
                finding.remark =
                    "it was kept through a pause of \(Int(pauseSeconds.rounded(.down))) s; a server that keeps things for "
                    + "longer and then lets go needs a longer --pause"
            }
        case .released:
            // What is given back without another connection was kept for a time, not lost.
            finding.remark = "what the connections kept was given back during the pause"
            finding.verdict = .clean
        case .stopped:
            finding.remark =
                "it grew, but not when driven again after a pause: kept for a time, or a cache that has filled; "
                + "a longer --budget can tell"
        case .open:
            finding.remark =
                "it grows like a leak, but the budget ended before the pause that tells a leak from what is only kept "
                + "for a while: give it a longer --budget"
        }
    }

    /// Whether a resource grows and goes on growing, with what is left of the confidence where so many verdicts are given.
    func isLeak(_ resource: Resource) -> Bool {
        confirmation(of: resource) == .confirmed && !mayBeKeptAgain(resource)
            && isBeyondChance(resource, judgements(isLazy: false)[resource]?.estimate)
    }

    /// Whether more connections would not change what is said of the row: all is clean, after a pause without one that was
    /// suspected growing again, or a leak is certain.
    func isSettled(_ opinions: [Resource: RowJudge.Opinion], isLazy: Bool) -> Bool {
        let isClean = opinions.values.allSatisfy { $0.isClean(tightly: !isResumed) }
        guard isResumed else { return isClean }
        let suspects = suspects(isLazy: isLazy)
        return suspects.contains(where: isLeak) || isClean && !suspects.contains(where: mayLeak)
    }

    /// Whether a resource grows again behind the pause, and by more than healthy servers show, however wide the interval is.
    private func mayLeak(_ resource: Resource) -> Bool {
        guard confirmation(of: resource) == .confirmed, let estimate = judgements(isLazy: false)[resource]?.estimate
        else { return false }
        return estimate.perConnection > resource.scale.effect(over: estimate.connections)
    }

    private func isBeyondChance(_ resource: Resource, _ estimate: GrowthEstimate?) -> Bool {
        guard let estimate else { return false }
        return estimate.isPersistent(above: resource.scale.effect(over: estimate.connections), among: comparisons)
    }

    /// Whether growth behind the pause may be of what is kept for a while: of memory, when the target gave back during the
    /// pause what it can be counted by, and keeps as much again of the connections behind it. An allocator does not give
    /// back the memory that goes with it, and takes more when more is kept at a time.
    private func mayBeKeptAgain(_ resource: Resource) -> Bool {
        guard resource == .privateMemory, let pauseIndex, isResumed else { return false }
        for resource in [Resource.descriptors, .threads] where confirmation(of: resource) == .released {
            guard let before = suspect(resource, 0..<(pauseIndex + 1)),
                let rate = RowJudge.opinion(before, resource, isLazy: false).estimate?.perConnection
            else { continue }
            let after = series(resource, (pauseIndex + 1)..<samples.count)
            if RowJudge.growsAgain(after, at: rate, resource) == true { return true }
        }
        return false
    }

    /// How long the row's pause was, or what there is of it.
    private var pauseSeconds: Double? {
        guard let pauseIndex, isResumed else { return nil }
        return samples[pauseIndex + 1].seconds - samples[pauseIndex].seconds
    }

    /// Memory with and without the pause must be charged alike, so both parts come from one series.
    func confirmation(of resource: Resource) -> RowJudge.Confirmation {
        guard let pauseIndex else { return .open }
        let whole = charged(resource)
        return RowJudge.confirmation(
            before: GrowthSeries(whole[0...pauseIndex].compactMap { $0 }),
            after: GrowthSeries(whole[(pauseIndex + 1)...].compactMap { $0 }), resource)
    }

    /// Why the row cannot be called clean: its lifecycle hardly took place, or not to the end.
    private var problem: String? {
        if let stall { return stall.remark }
        if let breakdown { return breakdown }
        guard counts.attempted > 0 else {
            return counts.firstProblem
                ?? "the budget ended before a connection was made: give it a longer --budget, or name a --lifecycle"
        }
        let share = Double(counts.completed) / Double(counts.attempted)
        guard share < Self.leastCompletedShare else { return nil }
        let percent = (share * 100).rounded(.down)
        return "only \(Int(percent))% of the connections went as the lifecycle wants"
            + (counts.firstProblem.map { "; the first problem: \($0)" } ?? "")
    }

    /// The rule of thumb beside the verdict: memory grew by more than the environment allows, for whatever reason.
    func note(beyond thresholdBytes: Int) -> String? {
        guard let first = samples.first, let last = samples.last else { return nil }
        let grown = last.privateMemory - first.privateMemory
        guard grown > thresholdBytes else { return nil }
        return
            "private memory grew by \(grown >> 20) MB under \(lifecycle.label), beyond the environment's threshold of "
            + "\(thresholdBytes >> 20) MB; the verdict below says whether it is a leak"
    }
}
