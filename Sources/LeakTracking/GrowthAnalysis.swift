public import LeakStatistics

/// How one resource developed from snapshot to snapshot.
public struct GrowthAnalysis: Hashable, Sendable, Codable {
    /// The resource.
    public var resource: TrackedResource
    /// From the first snapshot to the last.
    public var total: Int
    /// The highest level above the first snapshot, between snapshots too.
    public var peak: Int
    /// The mean growth from one snapshot to the next.
    public var meanPerSnapshot: Double
    /// The last ten increments, the oldest first.
    public var lastIncrements: [Int]
    /// The rule of thumb: `total` exceeds the environment's threshold. It misses small leaks and fires on healthy
    /// caches; `verdict` is sound.
    public var leakSuspected: Bool
    /// Whether `peak` exceeds the threshold.
    public var peakBeyondThreshold: Bool
    /// Growth per operation compared with the noise; `inconclusive` for too few snapshots.
    public var verdict: Verdict
    /// The mean growth per operation over the judged half; nil if it could not be estimated.
    public var perOperation: Double?
    /// Its 99% interval.
    public var interval: ClosedRange<Double>?
    /// The smallest growth per operation that would have been detected.
    public var smallestDetectable: Double?

    /// Judges the levels at the snapshots; nil without any.
    ///
    /// `threshold` is for the rule of thumb, in the resource's unit.
    init?(
        _ resource: TrackedResource, points: [GrowthSeries.Point], highest: Int, threshold: Int
    ) {
        guard let first = points.first, let last = points.last else { return nil }
        self.resource = resource
        total = Int(last.level - first.level)
        peak = max(0, highest - Int(first.level))
        let increments = zip(points, points.dropFirst()).map { Int($1.level - $0.level) }
        meanPerSnapshot = increments.isEmpty ? 0 : Double(total) / Double(increments.count)
        lastIncrements = increments.suffix(10)
        leakSuspected = total > threshold
        peakBeyondThreshold = peak > threshold
        verdict = .inconclusive
        let scale = resource.scale
        guard
            let estimate = GrowthEstimate(GrowthSeries(points), resolution: scale.resolution, confidence: 0.99)
        else { return }
        perOperation = estimate.perConnection
        interval = estimate.interval
        smallestDetectable = estimate.largestHidden
        if Self.isLeak(estimate, scale) {
            verdict = .leak
        } else if estimate.largestHidden <= scale.required {
            verdict = .clean
        }
    }

    /// The chance of a false alarm beyond that of the interval, where the allocator's caches may be all that grew: one in so
    /// many, because these do fill while a process runs.
    private static let comparisonsWithinCaches = 100

    /// Whether the growth looks like a leak.
    ///
    /// What the allocator's caches of a thread hold counts as live, and they fill for as long as threads take turns. Growth
    /// that they could hold is called a leak only where it is as regular as one: each batch of operations adds to it.
    private static func isLeak(_ estimate: GrowthEstimate, _ scale: GrowthScale) -> Bool {
        let effect = scale.effect(over: estimate.connections)
        guard estimate.perConnection * estimate.connections <= scale.restNoise else {
            return estimate.isPersistent(above: effect)
        }
        return estimate.isPersistent(above: effect, leastGrowingShare: 1, among: comparisonsWithinCaches)
    }
}
