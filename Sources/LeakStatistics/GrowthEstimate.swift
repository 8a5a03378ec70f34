import Glibc

/// How much of a resource one connection leaves behind, as estimated from one run.
public struct GrowthEstimate: Hashable, Sendable {
    /// The mean growth of the floor per connection over the judged part.
    public var perConnection: Double
    /// The confidence interval of that mean, from the spread between batches of blocks.
    public var interval: ClosedRange<Double>
    /// The interval's confidence, such as 0.99.
    public var confidence: Double
    /// The standard error of the mean.
    public var standardError: Double
    /// The degrees of freedom of the standard error.
    public var degreesOfFreedom: Int
    /// The largest leak that could hide in this run: any leak above it would have been detected.
    ///
    /// Without `room` it is the smaller of two bounds. The first is the larger of the interval's upper end and the
    /// height of the teeth that the floor has cut off, spread over the judged connections: a leak can hide under
    /// garbage that a late collection took away. The second is all that the process gained since its lowest reading,
    /// spread over the connections since. With `room`, only the second holds, and the room counts as gained: a leak
    /// fills it before it shows. Neither is below the gauge's resolution.
    public var largestHidden: Double
    /// What the spread between batches alone leaves open: the interval's upper end, or the teeth where they are higher.
    public var largestByChance: Double
    /// The smallest leak that this run distinguishes from none: the interval's reach, and the gauge's resolution.
    public var resolution: Double
    /// The share of judged batches in which the floor grew, 0 to 1.
    public var growingShare: Double
    /// Connections of the judged part.
    public var connections: Double
    /// Growth per connection over the second half of the run divided by that over the quarter before it: about 1 for a
    /// leak, one half for logarithmic growth, 0 for a plateau. Nil if that quarter did not grow.
    public var persistence: Double?

    /// The most batches into which the judged blocks are joined: enough for a narrow interval, and each so large that
    /// what the last connections of a block happened to leave is little beside what all of them left (batch means;
    /// Conway, 1963).
    static let batches = 16
    /// Growth in the judged half, as a share of that in the quarter before it, below which it slows down as warming up
    /// does. Excludes logarithmic growth (0.5) and square roots (0.71).
    public static let leastPersistence = 0.75
    /// How many steps of the gauge readings may differ by and be as low as each other.
    private static let stepsOfALow = 16.0

    /// Judges the second half of `series`; the first half is warm-up.
    ///
    /// `resolution` is the gauge's smallest step: one descriptor, one page. `room` is what may have been free inside
    /// the process at the first reading and be used before the gauge shows it; 0 for an exact gauge. Nil for fewer than
    /// four judged blocks.
    ///
    /// Compares increments of the floor batch by batch, so that one step of an allocator's arena, however large, widens
    /// the interval and does not make the mean significant.
    public init?(_ series: GrowthSeries, resolution: Double, confidence: Double, room: Double = 0) {
        let floor = series.floor
        let half = floor.connections / 2
        let batches = Batch.batches(of: floor, from: half, atMost: Self.batches)
        guard batches.count >= 4 else { return nil }
        let dose = batches.reduce(0) { $0 + $1.connections }
        let mean = batches.reduce(0) { $0 + $1.growth } / dose
        self.confidence = confidence
        connections = dose
        standardError = Batch.standardError(of: mean, batches)
        degreesOfFreedom = batches.count - 1
        let reach = StudentT.quantile((1 + confidence) / 2, degreesOfFreedom: degreesOfFreedom) * standardError
        perConnection = mean
        interval = (mean - reach)...(mean + reach)
        // Three steps of the gauge: the rule of three for an event that did not occur (Hanley and Lippman-Hand, 1983).
        self.resolution = max(reach, 3 * resolution / dose)
        let teeth = zip(series.points, floor.points).filter { $0.0.connections >= half }.map { $0.level - $1.level }
        largestByChance = max(mean + reach, (teeth.max() ?? 0) / dose, 3 * resolution / dose)
        let gained = Self.gainedSinceLow(series, resolution: resolution, room: room)
        largestHidden = room > 0 ? gained : min(largestByChance, gained)
        growingShare = Double(batches.count { $0.growth > 0 }) / Double(batches.count)
        let quarter = floor.level(at: half) - floor.level(at: half / 2)
        persistence = quarter > 0 ? mean / (quarter / (half / 2)) : nil
    }

    /// What consecutive blocks added to the floor.
    private struct Batch {
        var connections = 0.0
        var growth = 0.0

        /// The blocks of `floor` from `start` on, joined to at most `batches` batches of about equally many
        /// connections.
        ///
        /// If they must be joined, the floor counts only as far as one batch of readings follows it: the floor at the
        /// last readings is not known yet.
        static func batches(of floor: GrowthSeries, from start: Double, atMost most: Int) -> [Batch] {
            let judged = floor.points.drop { $0.connections < start }
            // What changed between readings without a connection is not the connections' doing.
            var blocks = zip(judged, judged.dropFirst()).filter { $1.connections > $0.connections }
            func merged(_ blocks: some Sequence<(GrowthSeries.Point, GrowthSeries.Point)>) -> [Batch] {
                blocks.map { Batch(connections: $1.connections - $0.connections, growth: $1.level - $0.level) }
            }
            guard blocks.count > most else { return merged(blocks) }
            let end = floor.connections - (floor.connections - start) / Double(most)
            blocks.removeAll { $0.1.connections > end }
            let single = merged(blocks)
            let share = single.reduce(0) { $0 + $1.connections } / Double(most - 1)
            var batches: [Batch] = []
            var (batch, done) = (Batch(), 0.0)
            for block in single {
                batch.connections += block.connections
                batch.growth += block.growth
                done += block.connections
                // Rounding must not leave a tiny last batch.
                if done >= share * (Double(batches.count + 1) - 1e-6) {
                    batches.append(batch)
                    batch = Batch()
                }
            }
            return batches
        }

        /// The standard error of the `mean` growth per connection, a ratio of two sums (Cochran, 1977, 2.11).
        static func standardError(of mean: Double, _ batches: [Batch]) -> Double {
            let count = Double(batches.count)
            let squares = batches.reduce(0) { sum, batch in
                let rest = batch.growth - mean * batch.connections
                return sum + rest * rest
            }
            return (count / (count - 1) * squares).squareRoot() / batches.reduce(0) { $0 + $1.connections }
        }
    }

    /// All that was gained since the process was at its lowest, per connection since: no leak is larger.
    ///
    /// It is as good as at its lowest from the first reading on that lies within the gauge's noise of that. Readings before held
    /// garbage, and nothing is known of that time.
    private static func gainedSinceLow(_ series: GrowthSeries, resolution: Double, room: Double) -> Double {
        guard let low = series.points.map(\.level).min(), let last = series.points.last,
            let start = series.points.first(where: { $0.level - low <= Self.stepsOfALow * resolution })
        else { return .infinity }
        let dose = last.connections - start.connections
        return dose > 0 ? (max(last.level, start.level) - low + room + 3 * resolution) / dose : .infinity
    }

    /// Whether the growth slows down as warming up does.
    public var isSlowing: Bool { persistence.map { $0 < Self.leastPersistence } ?? false }

    /// Whether the growth looks like a leak: the interval lies above `effect`, most batches grew, and it has not slowed
    /// down.
    ///
    /// Among many estimates some are far off by chance. As one of `comparisons`, which all must be right with the
    /// interval's confidence, it must pass a wider interval (Bonferroni's correction; Dunn, 1961).
    public func isPersistent(
        above effect: Double, leastGrowingShare: Double = 0.6, leastPersistence: Double = Self.leastPersistence,
        among comparisons: Int = 1
    ) -> Bool {
        let error = (1 - confidence) / 2 / Double(comparisons)
        let t = StudentT.quantile(1 - error, degreesOfFreedom: degreesOfFreedom)
        guard perConnection - t * standardError > effect, growingShare >= leastGrowingShare else { return false }
        // No growth before the judged half and growth ever since: it began late, which is as bad.
        return persistence.map { $0 >= leastPersistence } ?? true
    }
}
