import LeakStatistics
import SystemCalls

/// What a check does next: which row is driven, watched or read at rest, and when it is over.
///
/// A value that decides; the run obeys. It is asked with `next(at:)` and told with the `did…` methods what came of it. No
/// clock, no socket: the whole course of a check takes microseconds in a test.
///
/// Every row is driven for a share of the budget. A row in which something grows like a leak rests, while others are driven;
/// at the end of its pause it is read, and driven again, as far and as fast as before. What is left of the budget goes to the
/// rows in doubt.
struct CheckSchedule {
    /// What the user asked for, and what is known of the target.
    struct Settings: Hashable {
        /// When the check began.
        var start: MonotonicTime
        /// Time for the whole check.
        var budget: Duration
        /// Whether the budget must not be overrun; if not, a suspicion may overrun it by its pause.
        var isBudgetFixed = false
        /// How long a suspect must rest.
        var pause: Duration
        /// Whether all rows share one process, so that the pause of one is everybody's.
        var sharesProcess = false
        /// Whether the target's memory grows until a collection, which is waited for.
        var usesTracingGC = false
    }

    let settings: Settings
    private(set) var rows: [Row]
    private var generator: SeededGenerator
    /// The row that is driven, whether its turn has begun, and until when.
    private(set) var current: Int?
    private var hasBegun = false
    private var sliceEnd = MonotonicTime.never
    /// How long the last start of a process took; zero where they are started by others.
    private(set) var startTime = Duration.zero

    /// A schedule of rows; `staysConnected` says of each whether its peers stay for a while, so that a block of few takes as
    /// long as one of many.
    init(_ settings: Settings, staysConnected: [Bool], seed: UInt64) {
        self.settings = settings
        rows = staysConnected.map { Row(staysConnected: $0) }
        generator = SeededGenerator(seed: seed)
    }

    // MARK: Shares of the budget

    /// The share of the budget in which every row is driven once.
    private static let measuringShare = 0.45
    /// How long each row must be driven at first for bounds to be made tight.
    private static let preciseSlice = Duration.seconds(8)
    /// How many readings of a probe a slice has room for, and as much time besides.
    private static let readingsOfSlice = 12
    /// How long a suspect is driven again, at least where that takes few connections.
    private static let confirmingTime = Duration.seconds(4)
    /// How long after the last pause an overrun budget may go on: to drive all suspects again.
    private static let confirmingReserve = Duration.seconds(15)
    /// How long a drive after a pause may take beyond its share, in order to make the connections it needs.
    private static let longestConfirming = Duration.seconds(30)
    /// Less time is better spent with driving than with a rest in which nothing is suspected.
    private static let leastRestInDoubt = Duration.seconds(5)
    /// How long a row is driven before it rests in doubt where nothing else is left to do meanwhile.
    private static let drivenBeforeLoneRest = Duration.seconds(8)
    /// Below this nothing useful can be driven.
    private static let leastSlice = Duration.milliseconds(300)
    /// Processes that start ahead of their turn, at most.
    private static let mostStartsAhead = 6

    /// How long each row is driven at first.
    var measuringSlice: Duration {
        let planned = rows.count { !$0.isInapplicable }
        return settings.budget * (Self.measuringShare / Double(max(1, planned)))
    }

    /// How many processes to start ahead of their turn, so that no row waits for one.
    var startsAhead: Int {
        guard startTime > .zero else { return 1 }
        return min(
            Self.mostStartsAhead, max(1, Int((startTime / max(measuringSlice, .milliseconds(100))).rounded(.up))))
    }

    /// When no row is begun or taken up any more.
    var budgetEnd: MonotonicTime { settings.start + settings.budget }

    /// When the last suspicion must be decided.
    var end: MonotonicTime {
        let suspects = rows.filter { $0.state == .resting && !$0.restsInDoubt || $0.state == .confirming }
        guard !settings.isBudgetFixed, let longest = suspects.map(\.timerRest).max() else { return budgetEnd }
        return budgetEnd + max(settings.pause, longest) + Self.confirmingReserve
    }

    // MARK: The next step

    /// What to do now.
    mutating func next(at now: MonotonicTime) -> Step {
        if let step = driving(at: now) { return step }
        if let row = rows.firstIndex(where: { $0.state == .decided && !$0.isFinished && !restsOn($0) }) {
            return finish(row)
        }
        if let row = rows.firstIndex(where: { hasRested($0, at: now) }) { return .readTrough(row: row) }
        let resting = rows.indices.filter { rows[$0].state == .resting }
        if settings.sharesProcess, !resting.isEmpty, now < end { return .watch(rows: resting) }
        if let row = rowToDrive(at: now) {
            take(row, for: slice(of: row, at: now), at: now)
            return driving(at: now) ?? next(at: now)
        }
        if !resting.isEmpty, now < end { return .watch(rows: resting) }
        return closing(at: now)
    }

    /// The next block of the row that is being driven; nil when its turn is over.
    private mutating func driving(at now: MonotonicTime) -> Step? {
        guard let row = current else { return nil }
        guard now < min(sliceEnd, end) else {
            leave(row, at: now)
            return nil
        }
        let phase: CheckResult.Sample.Phase = rows[row].pauses > 0 ? .confirm : .measure
        guard hasBegun else { return .begin(row: row, phase: phase) }
        if let moment = rows[row].mayGoOn, moment > now { return .hold(until: min(moment, min(sliceEnd, end))) }
        return .drive(row: row, connections: rows[row].block(&generator), phase: phase)
    }

    private mutating func take(_ row: Int, for slice: Duration, at now: MonotonicTime) {
        current = row
        hasBegun = false
        sliceEnd = now + slice
    }

    /// The row that is driven next: first each once, then those in doubt, the one first that has been driven least.
    private func rowToDrive(at now: MonotonicTime) -> Int? {
        let remaining = budgetEnd - now
        guard remaining > Self.leastSlice else { return nil }
        let waiting = rows.indices.filter { rows[$0].state == .waiting && !rows[$0].isInapplicable }
        // Those whose peers stay come last: how long they must is learned meanwhile.
        if let row = waiting.first(where: { !rows[$0].staysConnected }) ?? waiting.first { return row }
        guard remaining - timeToConfirm > .seconds(1) else { return nil }
        return rows.indices.filter { rows[$0].state == .measuring && rows[$0].mayBeDriven }
            .min { (rows[$0].isInDoubt ? 0 : 1, rows[$0].driven) < (rows[$1].isInDoubt ? 0 : 1, rows[$1].driven) }
    }

    private func slice(of row: Int, at now: MonotonicTime) -> Duration {
        let wanted = max(measuringSlice, rows[row].probeCost * Self.readingsOfSlice)
        let remaining = budgetEnd - now
        return rows[row].state == .waiting ? min(wanted, remaining) : min(wanted, remaining - timeToConfirm)
    }

    /// What it takes to drive all suspects again.
    private var timeToConfirm: Duration {
        guard settings.isBudgetFixed else { return .zero }
        return rows.filter { $0.state == .resting }.reduce(.zero) {
            $0 + Self.confirmingTime + $1.probeCost * Row.confirmingBlocks
        }
    }

    /// Whether a row's pause is over: it was long enough, all is given back, or the time is up.
    private func hasRested(_ row: Row, at now: MonotonicTime) -> Bool {
        guard row.state == .resting else { return false }
        let rested = now - row.idleSince
        if row.hasReleased || rested >= row.requiredRest(settings.pause) { return true }
        // A first pause that is cut short says how long something was kept at least; a later one says nothing.
        return row.pauses == 0 && rested >= .seconds(1) && now + timeToConfirm >= end
    }

    /// Whether a row rests on until the check ends, as a leak was found in a process that no other row drives.
    private func restsOn(_ row: Row) -> Bool { row.isConvicted && !settings.sharesProcess }

    /// What is done at the end: what was called a leak is read once more, as it has rested since, and every row is finished.
    private mutating func closing(at now: MonotonicTime) -> Step {
        if let row = rows.firstIndex(where: { restsOn($0) && !$0.isReread && now - $0.idleSince > .seconds(1) }) {
            rows[row].isReread = true
            return .readTrough(row: row)
        }
        if let row = rows.firstIndex(where: { !$0.isFinished && !$0.isInapplicable }) { return finish(row) }
        return .done
    }

    /// Ends a row, in whatever state: one that still rested would be looked at again, and its process is no more.
    private mutating func finish(_ row: Int) -> Step {
        rows[row].state = .decided
        rows[row].isFinished = true
        return .finish(row: row)
    }

    // MARK: What came of it

    /// A process for a row was started, which took so long.
    mutating func didStart(in time: Duration) { startTime = time }

    /// So many peers of a row are held at a time, so that a block of few takes as long as one of as many.
    mutating func didChooseCrowd(_ row: Int, _ peers: Int) { rows[row].firstBlock = Double(peers) }

    /// The first reading of a row's drive is taken: its time is for connections.
    mutating func didBegin(_ row: Int, at now: MonotonicTime) {
        guard current == row else { return }
        hasBegun = true
        if rows[row].state == .waiting { rows[row].state = .measuring }
        rows[row].isPrecise = measuringSlice >= Self.preciseSlice
        sliceEnd = now + (rows[row].state == .confirming ? confirmingSlice(at: now) : slice(of: row, at: now))
        rows[row].beginDrive(at: now)
    }

    /// How long a row is driven after its pause: as long as the connections take that are needed, within bounds.
    private func confirmingSlice(at now: MonotonicTime) -> Duration {
        let others = rows.count { $0.state == .resting }
        let share = (end - now) / Double(others + 1)
        return min(Self.longestConfirming, max(Self.confirmingTime, share))
    }

    /// A row is not driven, as it could not show what it is about.
    mutating func didLeaveOut(_ row: Int) {
        rows[row].isInapplicable = true
        current = nil
    }

    /// A block of a row was made.
    mutating func didDrive(_ row: Int, _ block: Block, at now: MonotonicTime) {
        rows[row].note(block, at: now)
        if block.isInapplicable {
            didLeaveOut(row)
        } else if block.isLast || rows[row].isDone(settings, slice: measuringSlice, at: now) {
            leave(row, at: now)
        }
    }

    /// The probes of a resting row were read.
    mutating func didProbe(_ row: Int, at now: MonotonicTime) { rows[row].didProbe(at: now) }

    /// A row that rests has left timers that fire after so long.
    mutating func didFindTimers(_ row: Int, restingFor rest: Duration) { rows[row].timerRest = rest }

    /// A resting row was looked at.
    ///
    /// `hasReleased` where all that was suspected was given back; `hasFallen` where something is less than ever in this pause.
    mutating func didWatch(_ row: Int, hasReleased: Bool, hasFallen: Bool, at now: MonotonicTime) {
        rows[row].hasReleased = hasReleased
        if hasFallen { rows[row].lastFall = max(rows[row].lastFall ?? .zero, now - rows[row].idleSince) }
    }

    /// A row was read at the end of its pause, which came to `assessments`.
    mutating func didReadTrough(
        _ row: Int, _ assessments: [Resource: RowJudge.Assessment], at now: MonotonicTime
    ) {
        if rows[row].isReread {
            rows[row].isConvicted = false
            return
        }
        let end = end
        rows[row].endPause(assessments)
        guard now < end else {
            rows[row].state = .decided
            return
        }
        if rows[row].isSettled {
            rows[row].decide()
        } else if rows[row].needsDrive {
            rows[row].state = .confirming
            take(row, for: confirmingSlice(at: now), at: now)
        } else if rows[row].needsLongerPause,
            now - rows[row].idleSince < rows[row].requiredRest(settings.pause)
        {
            rows[row].restOn()
        } else {
            rows[row].state = .measuring
        }
    }

    /// A row that is driven is left: it rests, is decided, or waits for another turn.
    private mutating func leave(_ row: Int, at now: MonotonicTime) {
        current = nil
        let mayRest = now + .seconds(1) < (settings.isBudgetFixed ? budgetEnd : budgetEnd + settings.pause)
        // Beside others a rest costs nothing; one that all wait for comes after what driving can tell.
        let isWorthIt = isBesideOthers(row) || rows[row].driven >= Self.drivenBeforeLoneRest
        let mayRestInDoubt = isWorthIt && !settings.sharesProcess && now + Self.leastRestInDoubt < budgetEnd
        rows[row].leave(at: now, mayRest: mayRest, mayRestInDoubt: mayRestInDoubt)
    }

    /// Whether other rows are still to be driven, or rest.
    private func isBesideOthers(_ row: Int) -> Bool {
        rows.indices.contains { other in
            other != row && !rows[other].isInapplicable && [.waiting, .resting].contains(rows[other].state)
        }
    }
}
