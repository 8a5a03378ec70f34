import LeakStatistics

/// The levels of one gauge over time in bounded memory, however long it is watched.
///
/// Readings are joined to buckets, each with the lowest level in it and the time of its end. When there are `capacity`
/// of them, neighbours are joined and buckets become twice as wide. The lowest is kept because growth is judged by the
/// floor, the smallest level from some time on.
struct WatchSeries {
    static let capacity = 480
    /// How many blocks of equal time are compared; each half of them is one half of the watch.
    static let blocks = 24

    private struct Bucket {
        var seconds: Double
        var least: Double
    }

    private let origin: Bucket
    private var buckets: [Bucket] = []
    private var width = 1
    private var filled = 0

    /// A series that starts with `level`, before which nothing was read.
    init(seconds: Double, level: Double) {
        origin = Bucket(seconds: seconds, least: level)
        buckets.reserveCapacity(Self.capacity)
    }

    /// Adds a reading later than all before.
    mutating func append(seconds: Double, level: Double) {
        if filled > 0 && filled < width {
            buckets[buckets.count - 1].least = min(buckets[buckets.count - 1].least, level)
            buckets[buckets.count - 1].seconds = seconds
        } else {
            if buckets.count == Self.capacity { halve() }
            buckets.append(Bucket(seconds: seconds, least: level))
            filled = 0
        }
        filled += 1
    }

    private mutating func halve() {
        for index in 0..<Self.capacity / 2 {
            let (left, right) = (buckets[2 * index], buckets[2 * index + 1])
            buckets[index] = Bucket(seconds: right.seconds, least: min(left.least, right.least))
        }
        buckets.removeLast(Self.capacity / 2)
        width *= 2
    }

    /// How many buckets there are.
    var bucketCount: Int { buckets.count }

    /// Hours against levels, in blocks of equal time; nil before there is a reading for each.
    var hourly: GrowthSeries? {
        guard let last = buckets.last, buckets.count >= Self.blocks else { return nil }
        let span = (last.seconds - origin.seconds) / Double(Self.blocks)
        guard span > 0 else { return nil }
        var points = [GrowthSeries.Point(connections: 0, level: origin.least)]
        var least = Double.infinity
        var block = 1
        for (index, bucket) in buckets.enumerated() {
            let isLast = index == buckets.count - 1
            // The end of a block is reckoned, not read: readings that come late must not shift the halves.
            let end = origin.seconds + span * Double(block)
            if bucket.seconds > end + span * 1e-9 && least.isFinite {
                points.append(.init(connections: span * Double(block) / 3600, level: least))
                least = .infinity
                block = max(block + 1, Int(((bucket.seconds - origin.seconds) / span).rounded(.up)))
            }
            least = min(least, bucket.least)
            if isLast { points.append(.init(connections: (last.seconds - origin.seconds) / 3600, level: least)) }
        }
        return GrowthSeries(points)
    }
}
