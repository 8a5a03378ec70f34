import LeakStatistics
import Sockets

/// One leak check of this process: runs a body, reads what is held, and comes to a result.
final class LeakSearch {
    private let blockRuns: Int
    private let releaseLimit: Duration
    private let tracker = ObjectTracker()
    private let clock: EventLoop
    private var holdings: Holdings
    private let reserve = DescriptorReserve()
    /// The block whose runs are under way.
    private var block = Holdings.before {
        didSet { tracker.begin(block: block) }
    }
    /// Blocks after which the heap did not come to rest.
    private var restlessBlocks = 0

    private static let blocks = 10
    /// How long what a block leaves may take to be gone before the next begins.
    private static let settleLimit = Duration.milliseconds(150)
    /// Readings without a change, a millisecond apart, after which the process has settled.
    private static let quietReadings = 4

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
        try await ObjectTracker.$current.withValue(tracker) {
            // On a thread of the check's own, where resuming a task does not go through the dispatch pool and its caches.
            try await withTaskExecutorPreference(clock) { try await search(body) }
        }
    }

    private func search(_ body: () async throws -> Void) async throws -> LeakResult {
        let heap = try await measured(body)
        var result = LeakResult()
        var suspicions: [LeakedResource: Double] = [:]
        switch LeakRule.opinion(heap: heap) {
        case .clean: break
        case .suspect(let rate): suspicions[.heap] = rate
        case .open: result.isHeapHidden = isRestless
        }
        for resource in LeakedResource.allCases where resource != .heap {
            suspicions[resource] = LeakRule.suspected(left: left(resource), runs: blockRuns)
        }
        suspicions = try await notReleased(suspicions, heap)
        guard !suspicions.isEmpty else { return result }
        // Memory takes more runs to rise from the noise; descriptors must not run out meanwhile.
        let pairRuns = min(max(5, blockRuns), suspicions.keys.contains(.descriptors) ? 10 : 20)
        let pairs = try await paired(pairRuns, body)
        for resource in LeakedResource.allCases {
            guard let rate = suspicions[resource] else { continue }
            if let interval = LeakRule.confirmed(pairs[resource]!, runs: pairRuns, resource, suspected: rate) {
                let leftOvers = try holdings.leftOvers(resource, in: 0..<block + 1)
                result.findings.append(LeakFinding(resource: resource, interval: interval, leftOvers: leftOvers))
            } else if resource == .heap {
                result.isHeapHidden = isRestless
            }
        }
        return result
    }

    /// Whether something else allocates all the time.
    private var isRestless: Bool { restlessBlocks > Self.blocks / 2 }

    /// How many are left now of each block.
    private func left(_ resource: LeakedResource) -> [Int] {
        let held = holdings.held(resource)
        return (0..<Self.blocks).map { held[$0] ?? 0 }
    }

    /// Runs all blocks; the heap's level after each.
    private func measured(_ body: () async throws -> Void) async throws -> GrowthSeries {
        await RuntimeCaches.fill(from: clock, minimumRounds: 6, maximumRounds: 32)
        _ = try holdings.read(block: block)
        block = Holdings.warmUp
        // In two parts, so that settling is warm as well.
        for _ in 0..<2 {
            for _ in 0..<max(1, blockRuns * Self.blocks / 8) { try await body() }
            _ = try await settle()
        }
        // Room first: what the check itself keeps must not be in its readings.
        var levels: [Int] = []
        levels.reserveCapacity(Self.blocks + 1)
        levels.append(holdings.heapBytes)
        for index in 0..<Self.blocks {
            block = index
            for _ in 0..<blockRuns { try await body() }
            if try await !settle() { restlessBlocks += 1 }
            levels.append(holdings.heapBytes)
        }
        return GrowthSeries(
            levels.enumerated().map { .init(connections: Double($0 * blockRuns), level: Double($1)) })
    }

    /// Waits for what is suspected to be given back, at most `releaseLimit`; the suspicions that remain.
    private func notReleased(
        _ suspicions: [LeakedResource: Double], _ heap: GrowthSeries
    ) async throws -> [LeakedResource: Double] {
        var remaining = suspicions
        let begin = ContinuousClock.now
        block = Self.blocks
        while !remaining.isEmpty {
            _ = try holdings.read(block: block)
            remaining = remaining.filter { resource, rate in
                if resource == .heap { return !LeakRule.isReleased(heap, level: Double(holdings.heapBytes)) }
                let now = LeakRule.suspected(left: left(resource), runs: blockRuns) ?? 0
                return now >= LeakRule.leastShare * rate
            }
            guard ContinuousClock.now - begin < releaseLimit else { break }
            await clock.sleep(for: .milliseconds(10))
        }
        return remaining
    }

    /// Runs batches with the body and batches without it that take as long, two at a time in random order.
    private func paired(
        _ pairRuns: Int, _ body: () async throws -> Void
    ) async throws -> [LeakedResource: [LeakRule.Pair]] {
        let first = block + 1
        // The threads of the pool may have ended meanwhile.
        await RuntimeCaches.fill(from: clock, minimumRounds: 6, maximumRounds: 32)
        var heap: [LeakRule.Pair] = []
        heap.reserveCapacity(LeakRule.pairs + 1)
        var length = Duration.zero
        // The first does not count: it warms up.
        for index in 0...LeakRule.pairs {
            var pair = LeakRule.Pair(withBody: 0, without: 0)
            let isBodyFirst = index == 0 || Bool.random()
            for isBody in isBodyFirst ? [true, false] : [false, true] {
                let before = holdings.heapBytes
                block = first + 2 * index + (isBody ? 0 : 1)
                let begin = ContinuousClock.now
                if isBody {
                    for _ in 0..<pairRuns { try await body() }
                    length = ContinuousClock.now - begin
                } else {
                    await clock.sleep(for: length)
                }
                _ = try await settle()
                let grown = Double(holdings.heapBytes - before)
                if isBody { pair.withBody = grown } else { pair.without = grown }
            }
            heap.append(pair)
        }
        var pairs: [LeakedResource: [LeakRule.Pair]] = [.heap: heap]
        for resource in LeakedResource.allCases where resource != .heap {
            let held = holdings.held(resource)
            pairs[resource] = (0...LeakRule.pairs).map { index in
                LeakRule.Pair(
                    withBody: Double(held[first + 2 * index] ?? 0), without: Double(held[first + 2 * index + 1] ?? 0))
            }
        }
        return pairs.mapValues { Array($0.dropFirst()) }
    }

    /// Waits until nothing changes any more, at most `settleLimit`; whether that came about.
    private func settle() async throws -> Bool {
        let begin = ContinuousClock.now
        let before = holdings.heapBytes
        _ = try holdings.read(block: block)
        // Filling is not free of noise: only where something has been taken out, or was given back otherwise.
        if holdings.heapBytes <= before - RuntimeCaches.blockBytes {
            await RuntimeCaches.fill(from: clock, maximumRounds: 6)
        }
        var quiet = 0
        while quiet < Self.quietReadings {
            if ContinuousClock.now - begin > Self.settleLimit { return false }
            await clock.sleep(for: .milliseconds(1))
            quiet = try holdings.read(block: block) ? 0 : quiet + 1
        }
        return true
    }

    /// What may be why `body` has thrown: the descriptors that are left when hardly any more can be had; nil while there
    /// are enough.
    func problemBehindFailure() -> String? {
        reserve.release()
        guard (try? holdings.read(block: block)) != nil, holdings.isShortOfDescriptors,
            let left = try? holdings.leftOvers(.descriptors, in: Holdings.warmUp..<block + 1)
        else { return nil }
        return "the body failed when descriptors were short, and these are left:" + left.map { "\n    \($0)" }.joined()
    }
}
