import LeakStatistics

/// When growth is called a leak: pure, so that recorded and simulated runs can be judged as well.
enum LeakRule {
    /// Confidence of every interval.
    static let confidence = 0.99
    /// Pairs of batches, one with the body and one without, that test a suspicion.
    static let pairs = 18
    /// Pairs that the batch with the body must win. If the body had no effect, each pair would be a coin toss, and that
    /// many would be won in one of 1,500 suspicions, which are rare themselves.
    static let leastWins = 16
    /// What must remain after the wait, and grow again afterwards, as a share of what was seen before it.
    static let leastShare = 0.5
    /// Growth of the heap per run that must be detectable, in bytes.
    static let requiredHeapBytes = 512.0

    /// Growth for each run that is not called a leak.
    static func effect(_ resource: LeakedResource) -> Double {
        switch resource {
        case .descriptors, .threads, .objects: 0.004
        // Tables of the runtime and the allocator fill by up to ten bytes per connection.
        case .heap: 32
        }
    }

    /// What the blocks without a pause say about the heap.
    enum Opinion {
        case clean
        /// Grows like a leak, by this much per run.
        case suspect(Double)
        /// A leak of the size that matters could hide.
        case open
    }

    /// The opinion on the heap's level over the runs.
    static func opinion(heap: GrowthSeries) -> Opinion {
        guard let estimate = GrowthEstimate(heap, resolution: 16, confidence: confidence) else { return .open }
        if estimate.isPersistent(above: effect(.heap)) { return .suspect(estimate.perConnection) }
        return estimate.largestHidden > requiredHeapBytes ? .open : .clean
    }

    /// Whether most of the heap's growth by the end of `series` was given back since, without another run.
    static func isReleased(_ series: GrowthSeries, level: Double) -> Bool {
        let floor = series.floor
        let atHalf = floor.level(at: floor.connections / 2)
        return level - atHalf < leastShare * ((floor.points.last?.level ?? 0) - atHalf)
    }

    /// Whether most of what the heap had `grown` by in `runs` runs was given back since, or little is left.
    static func isReleased(left: Int, of grown: Int, runs: Int) -> Bool {
        Double(left) < leastShare * Double(grown) || Double(left) / Double(runs) <= effect(.heap)
    }

    /// Things that must be left in the batches with the body, and none in those without it, before it is called a leak:
    /// if they were unrelated, that would happen once in a thousand times.
    static let leastEvents = 10
    /// The longest batch of a pair, in runs.
    static let longestBatch = 40

    /// What each run leaves, from the number of things left of each block of `runs`; nil unless that recurs often
    /// enough for pairs to decide whose they are.
    ///
    /// Counts are exact, so two are enough for a suspicion: others' holdings, and what only the last runs keep, do not
    /// pass the pairs.
    static func suspected(left: [Int], runs: Int) -> Double? {
        guard left.count(where: { $0 > 0 }) > 1 else { return nil }
        let rate = Double(left.reduce(0, +)) / Double(runs * left.count)
        return rate * Double(longestBatch * pairs) >= Double(leastEvents) ? rate : nil
    }

    /// What each of `runs` has left of which `count` came after all of them; nil unless pairs can decide whose that is.
    static func suspectedLate(_ count: Int, runs: Int) -> Double? {
        count >= leastEvents ? Double(count) / Double(runs) : nil
    }

    /// Whether the runs may have left something that goes on after them: a task that waits, or a thread, needs memory.
    static func mayGoOn(heap: GrowthSeries) -> Bool {
        guard let first = heap.points.first, let last = heap.points.last else { return false }
        return last.level - first.level > effect(.heap) * last.connections
    }

    /// How many runs a batch needs, at `rate` things per run, for all pairs together to leave enough to distinguish
    /// them from others'; at least `least`.
    static func batch(rate: Double, least: Int) -> Int {
        let needed = (1.4 * Double(leastEvents) / (rate * Double(pairs))).rounded(.up)
        return max(least, needed < Double(longestBatch) ? Int(needed) : longestBatch)
    }

    /// What each run leaves according to `pairs` of `runs` in which things were counted, if they are the body's;
    /// otherwise nil.
    ///
    /// If they were not, each would be in either batch with equal chance (the sign test), and so would be the batch of
    /// each pair that has twice as much: what others hold at the end is of the last batches, however much it is.
    static func confirmedCount(_ pairs: [Pair], runs: Int) -> ClosedRange<Double>? {
        let (with, without) = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.withBody, $0.1 + $1.without) }
        let total = with + without
        // 3.1 standard deviations of a fair coin: once in a thousand times.
        let isMore = with - without > 3.1 * total.squareRoot()
        guard pairs.count == Self.pairs, Int(with) >= leastEvents,
            isMore || pairs.count(where: { $0.withBody > 2 * $0.without }) >= leastWins
        else { return nil }
        // The pairs that may be lost are not in the interval.
        return interval(differences(pairs, runs: runs), trimming: isMore ? 1 : Self.pairs - leastWins)
    }

    /// Two batches of equal length in random order: what grew in each.
    struct Pair {
        var withBody: Double
        var without: Double
    }

    /// The growth per run according to `pairs` of `runs`, if it is the body's and as large as was suspected; otherwise
    /// nil.
    static func confirmed(
        _ pairs: [Pair], runs: Int, _ resource: LeakedResource, suspected: Double
    ) -> ClosedRange<Double>? {
        let differences = differences(pairs, runs: runs)
        guard differences.count == Self.pairs, differences.count(where: { $0 > 0 }) >= leastWins else { return nil }
        let median = differences[differences.count / 2]
        guard median > effect(resource), median >= leastShare * suspected else {
            return nil
        }
        return interval(differences)
    }

    /// Whether growth of the heap that must be detectable could hide in `pairs` of `runs`.
    static func isHidden(in pairs: [Pair], runs: Int) -> Bool {
        interval(differences(pairs, runs: runs)).upperBound > requiredHeapBytes
    }

    /// By how much more per run the body's batch of each pair grew than the other, sorted.
    private static func differences(_ pairs: [Pair], runs: Int) -> [Double] {
        pairs.map { ($0.withBody - $0.without) / Double(runs) }.sorted()
    }

    /// The interval of the mean of sorted `differences` without those at both ends: a pair that was lost to noise may be far out.
    private static func interval(_ differences: [Double], trimming count: Int = 1) -> ClosedRange<Double> {
        let kept = differences.dropFirst(count).dropLast(count)
        let count = Double(kept.count)
        let mean = kept.reduce(0, +) / count
        let variance = kept.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let t = StudentT.quantile((1 + confidence) / 2, degreesOfFreedom: kept.count - 1)
        let reach = t * (variance / count).squareRoot()
        return (mean - reach)...(mean + reach)
    }
}
