import SystemCalls

/// When a costly gauge is read next: as often as takes no more than its share of the time, and in a check often enough that
/// the second half of a row has several readings; pure.
package struct ReadingTurn: Sendable {
    /// What the last reading took.
    package private(set) var cost = Duration.zero
    /// What the last few took, oldest first.
    private var costs: [Duration] = []
    private var readAt: MonotonicTime?
    private var connections = 0
    /// How long it rests after a reading, as a multiple of what readings take.
    private let rest: Double

    /// A turn that takes at most this share of the time: in a check, a third.
    package init(share: Double = 1.0 / 3) {
        rest = 1 / share - 1
    }

    /// So many readings say what one takes: their median, because one that the machine held up says nothing of the others.
    private static let remembered = 5

    /// Connections from which on the share counts, however long a reading takes: an estimate judges the second half of a
    /// row, which has a thousand at least.
    private static let firstCheckpoint = 500
    /// The share of the connections so far after which a reading follows; half a row then has more than the four blocks
    /// that an estimate needs.
    private static let checkpointShare = 1.0 / 9

    /// Whether it is due after so many connections of the row.
    func isDue(at now: MonotonicTime, connections total: Int) -> Bool {
        guard let readAt, now - readAt < usualCost * rest else { return true }
        let made = Double(total - connections)
        return total >= Self.firstCheckpoint && made > 0 && made >= Self.checkpointShare * Double(connections)
    }

    /// What readings take: the median of the last few, the lower of the two in the middle.
    private var usualCost: Duration {
        costs.isEmpty ? .zero : costs.sorted()[(costs.count - 1) / 2]
    }

    /// Notes a reading.
    mutating func didRead(from began: MonotonicTime, to end: MonotonicTime, connections: Int) {
        cost = end - began
        costs = costs.suffix(Self.remembered - 1) + [cost]
        readAt = end
        self.connections = connections
    }
}
