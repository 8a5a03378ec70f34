import Glibc

/// How much of a resource one connection leaves behind, as far as the run has shown.
public struct GrowthEstimate: Hashable, Sendable {
    /// The mean growth of the floor per connection over the judged part.
    public var perConnection: Double
    /// The confidence interval of that mean, from the spread between blocks.
    public var interval: ClosedRange<Double>
    /// The largest leak that could hide in this run: nothing of that size or more would have gone unseen.
    ///
    /// The smaller of two bounds. One is the interval's upper end, or the height of the teeth that the floor has cut off,
    /// spread over the judged connections, where that is more: a leak can hide under garbage that a late collection took
    /// away. The other is all that the process gained since its first reading, spread over all connections. Neither is
    /// below what the gauge can resolve.
    public var largestHidden: Double
    /// The smallest leak that this run tells from none: the interval's reach, and what the gauge can resolve.
    public var resolution: Double
    /// The share of judged blocks in which the floor grew, 0 to 1.
    public var growingShare: Double
    /// Growth per connection over the second half of the run divided by that over the quarter before it: about 1 for a
    /// leak, one half for logarithmic growth, 0 for a plateau. Nil where that quarter did not grow.
    public var persistence: Double?
    /// Blocks that were judged.
    public var blocks: Int

    /// Judges the second half of `series`; the first half is warm-up.
    ///
    /// `resolution` is the gauge's smallest step: one descriptor, one page. Nil for fewer than four judged blocks.
    ///
    /// Increments of the floor are compared block by block, so that one step of an allocator's arena, large as it may
    /// be, makes the interval wide and not the mean significant.
    public init?(_ series: GrowthSeries, resolution: Double, confidence: Double) {
        let floor = series.floor
        let half = floor.connections / 2
        let judged = floor.points.drop { $0.connections < half }
        var rates: [Double] = []
        for (left, right) in zip(judged, judged.dropFirst()) where right.connections > left.connections {
            rates.append((right.level - left.level) / (right.connections - left.connections))
        }
        guard rates.count >= 4, let first = judged.first, let last = judged.last else { return nil }
        let dose = last.connections - first.connections
        let mean = (last.level - first.level) / dose
        let centre = rates.reduce(0, +) / Double(rates.count)
        let variance = rates.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(rates.count - 1)
        let t = StudentT.quantile((1 + confidence) / 2, degreesOfFreedom: rates.count - 1)
        let reach = t * (variance / Double(rates.count)).squareRoot()
        perConnection = mean
        interval = (mean - reach)...(mean + reach)
        // Three steps of the gauge: the rule of three for an event that was not seen (Hanley and Lippman-Hand, 1983).
        self.resolution = max(reach, 3 * resolution / dose)
        let judgedLevels = zip(series.points, floor.points).suffix(judged.count)
        let teeth = judgedLevels.map { $0.level - $1.level }.max() ?? 0
        let underTeeth = max(mean + reach, teeth / dose, 3 * resolution / dose)
        let gained = max(0, last.level - series.points[0].level) + 3 * resolution
        largestHidden = min(underTeeth, gained / floor.connections)
        growingShare = Double(rates.count { $0 > 0 }) / Double(rates.count)
        blocks = rates.count
        let quarter = floor.level(at: half) - floor.level(at: half / 2)
        let secondHalf = last.level - floor.level(at: half)
        persistence = quarter > 0 ? (secondHalf / half) / (quarter / (half / 2)) : nil
    }

    /// Whether the growth looks like a leak: the interval lies above `effect`, most blocks grew, and it has not slowed
    /// down.
    ///
    /// `leastPersistence` 0.75 keeps logarithmic growth (0.5) and square roots (0.71) out.
    public func isPersistent(
        above effect: Double, leastGrowingShare: Double = 0.6, leastPersistence: Double = 0.75
    ) -> Bool {
        guard interval.lowerBound > effect, growingShare >= leastGrowingShare else { return false }
        // No growth before the judged half and growth ever since: it began late, which is as bad.
        return persistence.map { $0 >= leastPersistence } ?? true
    }
}
