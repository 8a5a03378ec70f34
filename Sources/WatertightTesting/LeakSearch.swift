import LeakStatistics
import Sockets
import SystemCalls

/// One leak check of this process: runs a body, reads what is held, and gives a result.
final class LeakSearch {
    private let blockRuns: Int
    private let releaseLimit: Duration
    private let tracker = ObjectTracker()
    /// How long a run of the body took, when it was measured.
    private(set) var runLasts = Duration.zero
    let clock: EventLoop
    var holdings: Holdings
    private let reserve = DescriptorReserve()
    /// How long after a batch of a pair what it opens may come.
    var lateness = Duration.zero
    /// What each judged run opened after all of them, where that is much enough to be suspected.
    private var lateRates: [LeakedResource: Double] = [:]
    /// How long each batch of a pair took, by its block.
    var seconds: [Int: Double] = Dictionary(minimumCapacity: 4 * (LeakRule.pairs + 1))
    /// The block whose runs are under way.
    var block = Holdings.before {
        didSet { tracker.begin(block: block) }
    }

    private static let blocks = 10
    /// How often the threads of the pool get something to do while all else waits; after some idle seconds they would
    /// end and give back their caches.
    private static let feedingInterval = Duration.seconds(1)

    init(runs: Int, releaseLimit: Duration) throws {
        precondition(runs > 0, "at least one connection must be made")
        blockRuns = (runs + Self.blocks - 1) / Self.blocks
        self.releaseLimit = releaseLimit
        clock = try EventLoop(name: "leak check")
        holdings = try Holdings(tracker: tracker)
    }

    deinit {
        clock.stop()
    }

    /// Runs the check; throws what `body` throws.
    func result(_ body: () async throws -> Void) async throws -> LeakResult {
        try await checking { try await search(body) }
    }

    /// What `operation` yields, which runs a body: its objects can be tracked, and it runs on a thread of the check's own, where
    /// resuming a task bypasses the dispatch pool and its caches.
    func checking<Result>(_ operation: () async throws -> Result) async throws -> Result {
        try await ObjectTracker.$current.withValue(tracker) {
            try await withTaskExecutorPreference(clock) { try await operation() }
        }
    }

    private func search(_ body: () async throws -> Void) async throws -> LeakResult {
        let heap = try await measured(body)
        var result = LeakResult()
        var suspected: [LeakedResource: Double] = [:]
        switch LeakRule.opinion(heap: heap) {
        case .clean: break
        case .suspect(let rate): suspected[.heap] = rate
        case .open: result.hidden.insert(.heap)
        }
        block = Self.blocks
        try await awaitLate(mayGoOn: LeakRule.mayGoOn(heap: heap))
        block += 1
        for resource in LeakedResource.counted { suspected[resource] = stillSuspected(resource) }
        suspected = try await remaining(suspected) { resource, rate in
            guard resource == .heap else { return stillSuspected(resource) }
            return LeakRule.isReleased(heap, level: Double(holdings.heapBytes)) ? nil : rate
        }
        if !suspected.isEmpty { result.findings = try await confirmed(suspected, body, hidden: &result.hidden) }
        try noteRemainder(in: &result)
        return result
    }

    /// Waits until nothing that is counted is left of the judged runs, at most `LateWatch.limit` even if that for a release is
    /// shorter, and as long for what tasks that go on after them still open.
    private func awaitLate(mayGoOn: Bool) async throws {
        let begin = ContinuousClock.now
        var watch = LateWatch()
        while true {
            _ = try holdings.read(block: block)
            let elapsed = ContinuousClock.now - begin
            let now = LeakedResource.counted.map(late).reduce(0, +)
            watch.note(now, after: elapsed)
            let isAnyLeft = LeakedResource.counted.contains { left($0).contains { $0 > 0 } }
            guard isAnyLeft || now > 0 || mayGoOn, elapsed < LateWatch.limit else { break }
            await clock.sleep(for: .milliseconds(10))
        }
        for resource in LeakedResource.counted {
            lateRates[resource] = LeakRule.suspectedLate(late(resource), runs: judgedRuns)
        }
        // Also of few, which are no suspicion by themselves: the batch without the body must not have them.
        if LeakedResource.counted.contains(where: { late($0) > 0 }) { lateness = watch.lateness }
    }

    private var judgedRuns: Int { blockRuns * Self.blocks }

    /// How many came after the judged runs.
    private func late(_ resource: LeakedResource) -> Int { holdings.held(resource)[Self.blocks] ?? 0 }

    /// What is left of the judged runs and is neither a leak nor hidden among others' holdings.
    private func noteRemainder(in result: inout LeakResult) throws {
        for resource in LeakedResource.counted where !result.hidden.contains(resource) {
            let isLate = lateRates[resource] != nil && late(resource) > 0
            guard isLate || left(resource).contains(where: { $0 > 0 }),
                !result.findings.contains(where: { $0.resource == resource })
            else { continue }
            result.remainder += try holdings.leftOvers(resource, in: 0..<Self.blocks + (isLate ? 1 : 0))
        }
    }

    /// Tests suspicions by pairs of batches, and what remains of these by another wait; `hidden` gets suspects for
    /// which the pairs are too noisy.
    private func confirmed(
        _ suspected: [LeakedResource: Double], _ body: () async throws -> Void, hidden: inout Set<LeakedResource>
    ) async throws -> [LeakFinding] {
        // Memory needs more runs to rise above the noise; descriptors must not run out meanwhile.
        let least = min(max(5, blockRuns), suspected.keys.contains(.descriptors) ? 10 : 20)
        let rates = suspected.filter { $0.key != .heap }.values
        let runs = rates.map { LeakRule.batch(rate: $0, least: least) }.max() ?? least
        let rested = suspected[.heap] == nil ? nil : try await rest()
        try await readFilled()
        let (base, first) = (holdings.heapBytes, block + 1)
        let heapPairs = try await paired(runs, body)
        func interval(_ resource: LeakedResource, _ rate: Double) -> ClosedRange<Double>? {
            if resource == .heap {
                return LeakRule.confirmed(Array(heapPairs.dropFirst()), runs: runs, resource, suspected: rate)
            }
            guard stillSuspected(resource) != nil else { return nil }
            return LeakRule.confirmedCount(Array(pairs(resource, from: first).dropFirst()), runs: runs)
        }
        if let rate = suspected[.heap], interval(.heap, rate) == nil,
            LeakRule.isHidden(in: Array(heapPairs.dropFirst()), runs: runs)
        {
            hidden.insert(.heap)
        }
        let allRuns = heapPairs.count * runs
        let grown = holdings.heapBytes - base
        func isReleased(_ left: Int) -> Bool { LeakRule.isReleased(left: left, of: grown, runs: allRuns) }
        var left = try await remaining(suspected) { resource, rate in
            guard interval(resource, rate) != nil else { return nil }
            let isReleased = resource == .heap && isReleased(holdings.heapBytes - base)
            return isReleased ? nil : rate
        }
        var heapLeft = min(grown, holdings.heapBytes - base)
        if left[.heap] != nil, let rested {
            let end = try await rest()
            let least = end.leastGrowth(since: rested, leakedThreads: left[.threads] != nil)
            heapLeft = min(heapLeft, end.level - rested.level)
            if isReleased(min(heapLeft, least)) {
                left[.heap] = nil
                // The caches of threads that came or went may hide it, or be it.
                if !end.isComparable(to: rested) || !isReleased(heapLeft) { hidden.insert(.heap) }
            }
        }
        // Still there, and yet the pairs do not confirm it: others hold things as well.
        for resource in suspected.keys where resource != .heap && left[resource] == nil {
            let isOthersToo = pairs(resource, from: first).contains { $0.without > 0 }
            if isOthersToo && stillSuspected(resource) != nil { hidden.insert(resource) }
        }
        return try LeakedResource.allCases.compactMap { resource in
            guard let rate = left[resource], var interval = interval(resource, rate) else { return nil }
            if resource == .heap {
                // What was given back during the wait does not count.
                let released = Double(grown - heapLeft) / Double(allRuns)
                interval = (interval.lowerBound - released)...(interval.upperBound - released)
            }
            let leftOvers = try holdings.leftOvers(resource, in: 0..<block + 1)
            return LeakFinding(resource: resource, interval: interval, leftOvers: leftOvers)
        }
    }

    /// How many of each block are left now.
    private func left(_ resource: LeakedResource) -> [Int] {
        let held = holdings.held(resource)
        return (0..<Self.blocks).map { held[$0] ?? 0 }
    }

    /// What each run of the blocks has left of a counted resource, from what is left now; nil if that is nothing.
    ///
    /// From what is left now, because what others held only meanwhile would dwarf it.
    private func stillSuspected(_ resource: LeakedResource) -> Double? {
        LeakRule.suspected(left: left(resource), runs: blockRuns)
            ?? (late(resource) >= LeakRule.leastEvents ? lateRates[resource] : nil)
    }

    /// Runs all blocks; returns the heap's level before the first and after each of them.
    private func measured(_ body: () async throws -> Void) async throws -> GrowthSeries {
        try await readFilled()
        block = Holdings.warmUp
        // In two parts, so that settling is warm as well.
        let warmUp = max(2, blockRuns * Self.blocks / 4)
        for runs in [warmUp - warmUp / 2, warmUp / 2] {
            for _ in 0..<runs { try await body() }
            try await settle()
        }
        // Reserve first: the check's own memory must not be in its readings.
        var levels: [Int] = []
        levels.reserveCapacity(Self.blocks + 1)
        levels.append(holdings.heapBytes)
        let begin = ContinuousClock.now
        for index in 0..<Self.blocks {
            block = index
            for _ in 0..<blockRuns { try await body() }
            try await settle()
            levels.append(holdings.heapBytes)
        }
        runLasts = (ContinuousClock.now - begin) / judgedRuns
        return GrowthSeries(
            levels.enumerated().map { .init(connections: Double($0 * blockRuns), level: Double($1)) })
    }

    /// Waits until `rest` reports nothing left of each resource, at most `releaseLimit`; returns what remained, with
    /// the last report.
    private func remaining(
        _ suspected: [LeakedResource: Double], _ rest: (LeakedResource, Double) -> Double?
    ) async throws -> [LeakedResource: Double] {
        var remaining = suspected
        let begin = ContinuousClock.now
        var fed = begin
        while !remaining.isEmpty {
            _ = try holdings.read(block: block)
            if let rate = remaining[.heap], rest(.heap, rate) == nil { try await readFilled() }
            for (resource, rate) in remaining { remaining[resource] = rest(resource, rate) }
            let now = ContinuousClock.now
            guard now - begin < releaseLimit else { break }
            if now - fed > Self.feedingInterval {
                await RuntimeCaches.fill(from: clock, minimumRounds: 1, maximumRounds: 1)
                fed = now
            }
            await clock.sleep(for: .milliseconds(10))
        }
        return remaining
    }

    /// A likely reason why `body` has thrown: the descriptors that are left when hardly any more can be opened; nil
    /// while there are enough.
    func problemBehindFailure() -> String? {
        reserve.release()
        guard (try? holdings.read(block: block)) != nil, holdings.isShortOfDescriptors,
            let left = try? holdings.leftOvers(.descriptors, in: Holdings.warmUp..<block + 1)
        else { return nil }
        return "the body failed when descriptors were short, and these are left:" + left.map { "\n    \($0)" }.joined()
    }
}
