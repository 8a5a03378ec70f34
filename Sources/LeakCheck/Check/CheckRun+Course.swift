import Lifecycles
import Logging
import Remedies
import SystemCalls
import Targets
import WebSocketProtocol

/// The course of a check: what the schedule says, done.
extension CheckRun {
    /// Does what the schedule says until it says that the check is over.
    func carryOut() async throws {
        while true {
            try Task.checkCancellation()
            let step = schedule.next(at: .now)
            switch step {
            case .begin(let row, let phase): try await begin(row, phase)
            case .drive(let row, let connections, let phase): try await drive(row, connections, phase)
            case .hold(let moment):
                let began = MonotonicTime.now
                defer { timeSpent.waitingSeconds += began.elapsed.inSeconds }
                try await Task.sleep(for: max(.milliseconds(1), moment - .now))
            case .watch(let resting): try await watch(resting)
            case .readTrough(let row): try await readTrough(row)
            case .finish(let row): try await finish(row)
            case .done: return try await noteReleases()
            }
        }
    }

    /// Has a process for a row whose turn begins, and reads it.
    private func begin(_ row: Int, _ phase: CheckResult.Sample.Phase) async throws {
        latest = row
        timeBeforeTurn = timeSpent
        let began = MonotonicTime.now
        let isDriven = await chooseHold(row)
        timeSpent.waitingSeconds += began.elapsed.inSeconds
        guard isDriven else {
            await targets.retire(row)
            return schedule.didLeaveOut(row)
        }
        let target = try await startedTarget(of: row)
        schedule.didStart(in: targets.startTime)
        targets.startAhead(upcoming(after: row))
        if rows[row].samples.isEmpty {
            try target.noteServers()
            try await sendHostilePeers(before: row, target)
            rows[row].tcpStatesAtStart = try target.tcpStates()
            if target.members.count > 1 { firstHoldings[row] = try target.holdings() }
        }
        // Also when the row is taken up again: what happened meanwhile is not its connections' doing.
        if rows[row].samples.last?.phase != .pause { try await sample(row, target, phase) }
        schedule.didBegin(row, at: .now)
    }

    /// The process of a row, waited for where it is still starting.
    private func startedTarget(of row: Int) async throws -> Target {
        let began = MonotonicTime.now
        defer { timeSpent.startingSeconds += began.elapsed.inSeconds }
        return try await targets.target(of: row)
    }

    /// One block of a row.
    private func drive(_ row: Int, _ connections: Int, _ phase: CheckResult.Sample.Phase) async throws {
        let target = try await targets.target(of: row)
        latest = row
        let block = try await block(row, target, connections, phase)
        schedule.didDrive(row, block, at: .now)
        if schedule.current != row {
            logger.debug("\(rows[row].lifecycle.label), this turn: \(timeSpent.words(since: timeBeforeTurn))")
        }
        record(.row(CheckRecord.RowFacts(rows[row])))
        if block.isInapplicable {
            await targets.retire(row)
            let why =
                rows[row].connections.unsuited > 0
                ? rows[row].connections.firstProblem ?? "" : "the target accepts what was to be refused"
            notes.append("\(rows[row].lifecycle.label) was not driven: \(why)")
        }
    }

    /// The rows that are driven first after this one.
    private func upcoming(after row: Int) -> [Int] {
        let waiting = schedule.rows.indices.filter { $0 > row && schedule.rows[$0].state == .waiting }
        return Array(waiting.prefix(schedule.startsAhead))
    }

    /// Has the target meet a few of all the other lifecycles' peers, where the row is about what they leave broken.
    private func sendHostilePeers(before row: Int, _ target: Target) async throws {
        guard rows[row].lifecycle == .cleanCloseAfterHostile else { return }
        var script = script(for: target)
        script.stepLimit = .seconds(1)
        // Whichever rows were chosen: the command that reproduces this row drives it alone.
        for other in Lifecycle.standard(isSecure: target.url.isSecure) where other != rows[row].lifecycle {
            let load = PeerDriver.Load(connections: 8, concurrency: 8, limit: .seconds(1))
            _ = await driver.drive(other, script, load)
            try Task.checkCancellation()
        }
    }

    /// Watches suspects do nothing for a moment, and notes what they give back.
    private func watch(_ resting: [Int]) async throws {
        let began = MonotonicTime.now
        defer { timeSpent.waitingSeconds += began.elapsed.inSeconds }
        try await Task.sleep(for: .milliseconds(200))
        for row in resting {
            guard let target = targets.existing(row) else { continue }
            latest = row
            if pauseWatches[row] == nil { await noteTimers(row, target) }
            var moment = CheckResult.Sample(
                rows[row], try target.reading(), .pause, seconds: start.elapsed.inSeconds)
            moment.allocator = await target.allocators.read(
                target.members, connections: moment.connections, isDecisive: false,
                beside: await target.probes.besideAllocators())
            if schedule.rows[row].mustProbe(at: .now, resting: resting.count) {
                moment.probed = await probed(row, target)
                schedule.didProbe(row, at: .now)
            }
            if row == resting.first { tell(row, .pause, privateMemory: moment.privateMemory) }
            let rest = judge.rest(of: rows[row], at: moment)
            let idle = (MonotonicTime.now - schedule.rows[row].idleSince).inSeconds
            rows[row].noteReleases(rest.releases, after: idle)
            let crest = rows[row].samples.last ?? moment
            let hasFallen = pauseWatches[row, default: PauseWatch()].hasFallen(at: moment, since: crest)
            schedule.didWatch(row, hasReleased: rest.isOver, hasFallen: hasFallen, at: .now)
        }
    }

    /// Notes at the beginning of a pause the timers that connections have left, for which the row rests.
    private func noteTimers(_ row: Int, _ target: Target) async {
        guard !schedule.rows[row].restsInDoubt, schedule.rows[row].timerRest == .zero,
            let pending = await target.probes.pendingTimers()
        else { return }
        let idle = schedule.rows[row].idleSince.elapsed.inSeconds
        rows[row].timers = CheckResult.TimersLeft(pending, connections: rows[row].completed, idleSeconds: idle)
        guard let timers = rows[row].timers, timers.isWaitedFor, plan.pause == nil else { return }
        schedule.didFindTimers(row, restingFor: .seconds(timers.restSeconds))
    }

    /// Reads a row at the end of its pause.
    private func readTrough(_ row: Int) async throws {
        guard let target = targets.existing(row) else { return }
        latest = row
        let suspects = judge.assessments(rows[row]).filter { $0.value == .suspect }.map(\.key)
        let idle = (MonotonicTime.now - schedule.rows[row].idleSince).inSeconds
        try await sample(row, target, .pause)
        let assessments = judge.assessments(rows[row])
        rows[row].noteReleases(
            Dictionary(uniqueKeysWithValues: suspects.map { ($0, assessments[$0]?.isClean(tightly: false) ?? false) }),
            after: idle)
        pauseWatches[row] = nil
        if let replaced = try await replacement(of: target, in: row) { rows[row].failure = replaced }
        // What stood in the way may be gone.
        rows[row].stopReason = nil
        rows[row].tcpStatesAtEnd = try target.tcpStates()
        schedule.didReadTrough(row, assessments, at: .now)
        record(.row(CheckRecord.RowFacts(rows[row])))
    }

    /// Reports a row of which all is known.
    func tellFinished(_ row: Int) {
        guard let last = rows[row].samples.last else { return }
        tell(row, last.phase, privateMemory: last.privateMemory, finished: judge.row(rows[row]))
    }

    /// Nothing more is to be learned of a row.
    private func finish(_ row: Int) async throws {
        defer { record(.row(CheckRecord.RowFacts(rows[row]))) }
        guard let target = targets.existing(row), !rows[row].samples.isEmpty else { return }
        latest = row
        if rows[row].failure == nil {
            rows[row].failure = try await replacement(of: target, in: row)
        }
        if rows[row].failure == nil {
            if let first = firstHoldings[row] {
                rows[row].gains = ProcessGain.gains(from: first, to: try target.holdings())
            }
            rows[row].tcpStatesAtEnd = try target.tcpStates()
            try await requireAnswer(row, target)
            try await requireOthersServed(row, target)
        }
        await targets.retire(row)
        if !rows[row].lifecycle.mustBeReleased { tellFinished(row) }
    }
}
