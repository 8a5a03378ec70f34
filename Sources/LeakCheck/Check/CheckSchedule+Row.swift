import LeakStatistics
import SystemCalls

extension CheckSchedule {
    /// What came of one block.
    struct Block: Hashable {
        /// Connections of the row that took place, all blocks together.
        var completed: Int
        /// Connections a second in this block.
        var rate: Double
        /// What the row comes to so far.
        var assessments: [Resource: RowJudge.Assessment]
        /// Whether what is suspected is so clear that only a pause can tell more.
        var isClear = false
        /// Whether driving has not told of an exact gauge what a reading at rest would tell.
        var restTells = false
        /// What the readings of its probes took.
        var probeCost = Duration.zero
        /// Whether no more may follow: the target could not take more, or no longer takes part.
        var isLast = false
        /// Whether none may follow after a pause either.
        var isBroken = false
        /// Whether the target rightly does not do what the lifecycle is about.
        var isInapplicable = false
    }

    /// One row, as far as it has come.
    struct Row {
        /// The stage of a row.
        enum State: Hashable {
            /// Not yet driven.
            case waiting
            /// More connections may change what is said of it.
            case measuring
            /// Something grows like a leak; the row is left alone.
            case resting
            /// It is driven after a pause.
            case confirming
            /// Nothing more is to be learned.
            case decided
        }

        /// Whether its peers stay for a while.
        let staysConnected: Bool
        /// Whether there is time to make the bounds of all amounts tight; if not, of those that are no counts such bounds as a
        /// clean verdict needs are enough.
        var isPrecise = true
        var state = State.waiting
        /// How long it was driven.
        var driven = Duration.zero
        /// Connections that took place.
        var completed = 0
        /// When its last block ended.
        var idleSince = MonotonicTime(nanoseconds: 0)
        /// Connections of the first blocks, and the least of later ones.
        var firstBlock: Double
        /// Connections of the next block, before they are varied.
        var blockSize: Double
        /// What the last readings of its probes took.
        var probeCost = Duration.zero
        /// What it comes to so far.
        var assessments: [Resource: RowJudge.Assessment] = [:]
        /// Pauses that are over.
        var pauses = 0
        /// Whether a reading at rest would tell what driving has not told so far.
        var restTells = false
        /// In the pause that goes on: whether nothing is suspected, and the row rests so that it can be read at rest.
        var restsInDoubt = false
        /// In the pause that goes on: how long it must be for the timers to fire that connections have left.
        var timerRest = Duration.zero
        /// In the pause that goes on: how long after the last connection the probes were read.
        var probedAfter = Duration.zero
        /// In the pause that goes on: whether all that was suspected was given back.
        var hasReleased = false
        /// How long after the last connection something was given back, in any pause.
        var lastFall: Duration?
        /// Whether no more connections can be made.
        var isBroken = false
        /// Whether the target could not take more before something is given back.
        var isLimited = false
        var isInapplicable = false
        /// Whether a leak was found, so that the row rests on until the end of the check.
        var isConvicted = false
        var isReread = false
        var isFinished = false
        /// Where the drive that goes on began.
        private var driveStart = (time: MonotonicTime(nanoseconds: 0), completed: 0)
        /// The most connections that one drive made, and at what pace.
        private(set) var reach = 0
        private var pace = 0.0
        /// Blocks in a row after which something clearly grew like a leak, and nothing else was in doubt.
        private var clearSuspicions = 0
        /// Blocks in a row after which anything grew like a leak.
        private var suspicions = 0
        private var lastBlockAt = MonotonicTime(nanoseconds: 0)

        init(staysConnected: Bool) {
            self.staysConnected = staysConnected
            firstBlock = Self.firstBlock(staysConnected)
            blockSize = Self.firstBlock(staysConnected)
        }
    }
}

extension CheckSchedule.Row {
    /// Blocks of a drive after a pause: of fewer nothing can be said.
    static let confirmingBlocks = 6
    /// Blocks in a row after which a suspicion stands.
    private static let standingSuspicion = 3
    /// Connections that a fast target is driven through before it is clean: a leak of one in a thousand is then seen with 19
    /// of 20 (the rule of three; Hanley and Lippman-Hand, 1983), and of one in three thousand where few rows share the budget.
    static func evenConnections(_ slice: Duration) -> Int {
        min(10_000, max(3000, Int(slice.inSeconds * evenConnectionsPerSecond)))
    }
    private static let evenConnectionsPerSecond = 750.0
    /// How long a target that is not that fast is driven for it.
    static func evenTime(_ slice: Duration) -> Duration { min(.seconds(10), max(.milliseconds(400), slice / 8)) }
    /// Pauses after which a row is driven no more.
    static let mostPauses = 8
    /// A block is about so much of a second long, or this part of what was driven so far: more than some hundred blocks of a
    /// row say no more, and cost more to judge.
    private static let (blockSeconds, blockTimeShare) = (0.15, 1.0 / 50)
    /// A block is at most this part of what was driven so far, so that the half that is judged has several.
    private static let blockShare = 1.0 / 8
    private static let largestBlock = 50_000.0
    /// By how much blocks are varied, so that nothing periodic in the target falls in step with them.
    private static let variation = 0.75...1.25

    /// Where peers stay for a while, a block of a few takes as long as one of many.
    private static func firstBlock(_ staysConnected: Bool) -> Double { staysConnected ? 256 : 40 }

    /// How long a row is driven against a suspicion that stands where few rows share a budget: what a pause and the
    /// connections after it say is worth more than a narrower interval before it.
    static func longestSuspicion(_ budget: Duration) -> Duration { max(.seconds(5), budget / 30) }

    /// Whether more connections can be made.
    var mayBeDriven: Bool { !isBroken && !isLimited && pauses < Self.mostPauses }

    /// Whether more connections would not change what is said: all is clean, tightly where there is time for it, or a leak is certain and
    /// nothing else is suspected.
    var isSettled: Bool {
        guard !assessments.isEmpty else { return false }
        let values = assessments.values
        if values.contains(.leak) { return !needsDrive && !needsPause }
        return assessments.allSatisfy { resource, value in
            value.isClean(tightly: (isPrecise || resource.scale == .counts) && pauses == 0) || value.awaitsTimers
        }
    }

    /// Whether it is not even loosely clean.
    var isInDoubt: Bool { !assessments.values.allSatisfy { $0.isClean(tightly: false) } }

    /// Whether a suspicion needs more connections after its pause.
    var needsDrive: Bool { assessments.values.contains(.unconfirmed) }

    /// Whether something grows like a leak that only a pause can tell, or only one that is longer than the last.
    var needsPause: Bool { assessments.values.contains(.suspect) || needsLongerPause }

    /// Whether all that a leak lacks is a pause that is long enough.
    var needsLongerPause: Bool {
        assessments.values.contains { assessment in
            if case .undecided(.pauseMissing) = assessment { true } else { false }
        }
    }

    /// Connections before a row rests whose turn is over: as many as a slow target takes in a share of a budget, and enough for
    /// a leak in one connection of fifty to be more than chance.
    private static let leastToRest = 400
    /// Rests of a row in which nothing is suspected.
    private static let mostRestsInDoubt = 2

    /// Connections of the next block.
    func block(_ generator: inout SeededGenerator) -> Int {
        if state == .confirming {
            let wanted = min(reach, max(RowJudge.leastConnections, reach / 2))
            let left = reach - (completed - driveStart.completed)
            return max(1, min(max(20, wanted / Self.confirmingBlocks), left))
        }
        return max(1, Int(max(firstBlock, blockSize) * Double.random(in: Self.variation, using: &generator)))
    }

    /// When the next block may begin: after a pause no sooner than at the pace before it.
    var mayGoOn: MonotonicTime? {
        guard state == .confirming, pace > 0 else { return nil }
        let done = completed - driveStart.completed
        return driveStart.time + .seconds(Double(done) / pace)
    }

    /// A drive begins.
    mutating func beginDrive(at now: MonotonicTime) {
        driveStart = (now, completed)
        lastBlockAt = now
    }

    /// A block was made.
    mutating func note(_ block: CheckSchedule.Block, at now: MonotonicTime) {
        driven += now - lastBlockAt
        lastBlockAt = now
        idleSince = now
        completed = block.completed
        assessments = block.assessments
        probeCost = block.probeCost
        restTells = block.restTells
        isBroken = block.isBroken
        isLimited = block.isLast && !block.isBroken
        if block.rate > 0 {
            let seconds = max(Self.blockSeconds, driven.inSeconds * Self.blockTimeShare)
            blockSize = max(
                firstBlock,
                min(block.rate * seconds, Double(completed) * Self.blockShare, Self.largestBlock))
        }
        guard pauses == 0, completed >= RowJudge.leastConnections else { return }
        clearSuspicions = block.isClear ? clearSuspicions + 1 : 0
        suspicions = needsPause ? suspicions + 1 : 0
    }

    /// Whether the row's turn is over before its time.
    func isDone(_ settings: CheckSchedule.Settings, slice: Duration, at now: MonotonicTime) -> Bool {
        if state == .confirming {
            if isSettled { return true }
            let done = completed - driveStart.completed
            if done >= reach { return true }
            return needsPause && !needsDrive
        }
        guard completed >= RowJudge.leastConnections else { return false }
        if isSettled { return pauses > 0 || completed >= Self.evenConnections(slice) || driven >= Self.evenTime(slice) }
        if pauses > 0 { return needsPause }
        if clearSuspicions >= Self.standingSuspicion { return true }
        // A collection that is still to come would be the better answer to memory that grows.
        let mayWait = settings.usesTracingGC && assessments[.privateMemory] == .suspect
        return suspicions >= Self.standingSuspicion && driven >= Self.longestSuspicion(settings.budget) && !mayWait
    }

    /// The row is left alone.
    mutating func leave(at now: MonotonicTime, mayRest: Bool, mayRestInDoubt: Bool) {
        reach = max(reach, completed - driveStart.completed)
        let seconds = (now - driveStart.time).inSeconds
        if pauses == 0, seconds > 0 { pace = max(pace, Double(completed - driveStart.completed) / seconds) }
        idleSince = now
        hasReleased = false
        restsInDoubt = false
        timerRest = .zero
        probedAfter = .zero
        if isSettled {
            decide()
        } else if needsPause && mayRest && pauses < Self.mostPauses
            && (completed >= Self.leastToRest || isLimited || pauses > 0)
        {
            state = .resting
        } else if isLimited && (pauses == 0 || lastFall != nil) && mayRest && pauses < Self.mostPauses {
            // What it keeps for a while may be given back, and then it can take more.
            state = .resting
        } else if isBroken || isLimited {
            state = .decided
        } else if restTells && mayRestInDoubt && pauses < Self.mostRestsInDoubt && completed >= Self.leastToRest {
            state = .resting
            restsInDoubt = true
        } else {
            state = .measuring
        }
    }

    /// The row's pause is over.
    mutating func endPause(_ assessments: [Resource: RowJudge.Assessment]) {
        pauses += 1
        self.assessments = assessments
        isLimited = false
        hasReleased = false
        state = .measuring
    }

    /// Nothing more is to be learned.
    mutating func decide() {
        state = .decided
        isConvicted = assessments.values.contains(.leak)
    }
}
