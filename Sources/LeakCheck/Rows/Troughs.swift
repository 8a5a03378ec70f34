import LeakStatistics

/// What the pauses of a row say about one gauge: the rule of the troughs.
///
/// What a connection leaves behind *for good* is read when nothing is going on. A leak leaves the same amount for each
/// connection of the last two drives. What is kept for a time is given back at the end of a pause, or, in a gauge that holds
/// what was freed, leaves room that the next drive uses first; so a drive counts only as far as it makes no more connections
/// than an earlier one, at no higher pace.
struct Troughs {
    /// What they come to.
    enum Standing: Hashable {
        /// The drive after the pause has made too few connections.
        case awaiting
        /// What the drive after the pause left can only be read after a pause of its own.
        case needsPause
        /// The last drive left nothing that matters.
        case ended
        /// The last two drives left as much for each connection; of all that left something, the least and the most.
        case confirmed(least: Double, most: Double)
        /// Several drives left very different amounts.
        case unsteady(least: Double, most: Double)
    }

    /// What one drive left for each of its connections.
    struct Increment: Hashable {
        /// The amount for each connection.
        var perConnection: Double
        /// How far it may be off.
        var error: Double
        /// Of how many connections.
        var connections: Double
        /// Whether it was read at both ends in a pause; if not, nothing was given back and it was read while driving.
        var isAtRest: Bool
        /// Whether it can convict: not where more was kept at a time than ever before.
        var isWithinReach: Bool
        /// Whether it may come from warming up, and so convicts nobody.
        var isWarmingUp = false
    }

    /// The share of what a drive left that must still be there after its pause to say that nothing was given back.
    static let keptShare = 0.9
    /// How far two increments may differ, as a share of the larger: memory grows by arenas and its reserve, counts are exact.
    private static let leastRatio = (reused: 0.5, exact: 0.7)
    /// Increments after which amounts that differ are a leak with a range, or none that can be told.
    private static let mostIncrements = 4
    /// The least part of the largest increment that makes growth of several a leak whose rate varies.
    private static let leastUnevenShare = 0.25
    /// Connections, in all drives together, of which memory that stays at rest can be called a leak.
    private static let leastOfMemory = 2 * Double(RowJudge.leastConnections)
    /// Steps of the gauge that an exact count may be off without a leak (Hanley and Lippman-Hand, 1983).
    static let strayUnits = 3.0

    private let course: Course
    private let scale: GrowthScale
    private let isAlwaysAtRest: Bool
    /// The increments in the order of time.
    let increments: [Increment]

    /// The troughs of a course; `isAlwaysAtRest` where something else was given back, with which this gauge may rise again.
    init(_ course: Course, _ scale: GrowthScale, isAlwaysAtRest: Bool = false) {
        self.course = course
        self.scale = scale
        self.isAlwaysAtRest = isAlwaysAtRest
        increments = Self.increments(course, scale, isAlwaysAtRest)
    }

    /// Whether only the last two increments tell the amount: they were read in pauses, or earlier ones were different.
    var decidesAmount: Bool { increments.count > 2 || increments.contains(where: \.isAtRest) }

    /// The mean of the last two increments.
    var perConnection: Double {
        let last = increments.suffix(2)
        let connections = last.reduce(0) { $0 + $1.connections }
        return connections > 0 ? last.reduce(0) { $0 + $1.perConnection * $1.connections } / connections : 0
    }

    /// What the last two increments leave open: both of them, and their mean with its error.
    var interval: ClosedRange<Double> {
        let amounts = increments.suffix(2).map(\.perConnection)
        let (mean, error) = (perConnection, errorOfMean)
        return min(mean - error, amounts.min() ?? mean)...max(mean + error, amounts.max() ?? mean)
    }

    /// How far the mean of the last two increments may be off.
    private var errorOfMean: Double {
        let last = increments.suffix(2)
        let connections = last.reduce(0) { $0 + $1.connections }
        let squares = last.map { $0.error * $0.connections }.reduce(0) { $0 + $1 * $1 }
        return connections > 0 ? squares.squareRoot() / connections : 0
    }

    /// The first of the two drives that show a leak, from 0: what an earlier one left was given back, or is of warming up.
    var firstOfLeak: Int { max(0, increments.count - 2) }

    /// Whether a pause gave back something of what its drive had left.
    var hasReleased: Bool {
        course.drives.enumerated().contains { $1.trough != nil && Self.kept($1, isFirst: $0 == 0, scale) == false }
    }

    /// The largest leak that the readings at rest leave room for: all that was gained since the first reading, or in one drive;
    /// infinite before the first pause, and where what was freed stays in the gauge.
    ///
    /// A gauge that has fallen is as far off as it fell: what was let go of, a compiler's arena, may hide as much that is kept.
    var largestHidden: Double {
        guard !scale.isReused else { return .infinity }
        let stray = Self.strayUnits * scale.resolution
        var bound = Double.infinity
        var (gained, connections, deepest) = (0.0, 0.0, 0.0)
        for drive in course.drives {
            guard let trough = drive.trough, drive.connections > 0 else { break }
            let fall = Self.fall(of: drive, scale)
            gained += trough - drive.start
            connections += drive.connections
            deepest = max(deepest, fall)
            bound = min(bound, (max(abs(trough - drive.start), fall) + stray) / drive.connections)
        }
        return connections > 0 ? min(bound, (max(abs(gained), deepest) + stray) / connections) : bound
    }

    /// What they come to.
    var standing: Standing {
        let completed = course.drives.count { $0.trough != nil }
        guard completed > 0, let last = increments.last else { return .awaiting }
        guard grows(last) else { return hasEnded(isOpen: increments.count > completed) ? .ended : .awaiting }
        if let verdict { return verdict }
        if increments.count > completed { return .needsPause }
        guard let open = course.drives.last, open.trough == nil else { return .awaiting }
        let reach = Self.reach(of: course.drives.count - 1, course)
        return Self.isEnough(open.connections, blocks: open.series.points.count - 1, reach: reach)
            ? .needsPause : .awaiting
    }

    /// Whether a drive that leaves nothing has gone far enough to say so: where what was freed stays in the gauge, that room is
    /// used up first.
    private func hasEnded(isOpen: Bool) -> Bool {
        guard isOpen, scale.isReused, let open = course.drives.last else { return true }
        let reach = Self.reach(of: course.drives.count - 1, course)
        return open.connections >= Self.wholeReachShare * reach
    }

    /// The share of its reach that a drive must have made to say that it leaves nothing.
    private static let wholeReachShare = 0.9

    /// What the increments come to as they are; nil where another is needed.
    private var verdict: Standing? {
        let evidence = increments.filter { !$0.isWarmingUp }
        let growing = evidence.filter(grows)
        guard increments.count >= 2, let last = increments.last, last.isWithinReach, grows(last) else { return nil }
        let amounts = growing.map(\.perConnection)
        let (least, most) = (amounts.min() ?? 0, amounts.max() ?? 0)
        let previous = increments[increments.count - 2]
        // What only the last drive left must be seen once more.
        guard grows(previous), !previous.isWarmingUp else { return nil }
        if agree(previous, last) && areCertain(previous, last) {
            return .confirmed(
                least: min(previous.perConnection, last.perConnection),
                most: max(previous.perConnection, last.perConnection))
        }
        guard evidence.count >= Self.mostIncrements else { return nil }
        let isLeak = growing.count == evidence.count && least >= Self.leastUnevenShare * most
        return isLeak && areCertain(previous, last)
            ? .confirmed(least: least, most: most) : .unsteady(least: least, most: most)
    }

    private func grows(_ increment: Increment) -> Bool {
        let gained = increment.perConnection * increment.connections
        return increment.perConnection > scale.effect(over: increment.connections)
            && gained > max(Self.strayUnits * scale.resolution, increment.isAtRest ? scale.restNoise : 0)
    }

    /// Whether two increments are more than healthy servers show even if they are off by their errors: each by itself where they
    /// decide the amount; both together where all readings are held against chance besides, and a count, which is exact, by those
    /// alone.
    private func areCertain(_ previous: Increment, _ last: Increment) -> Bool {
        if decidesAmount { return isCertain(previous) && isCertain(last) }
        guard scale.resolution > 1 else { return true }
        return perConnection - errorOfMean > scale.effect(over: previous.connections + last.connections)
    }

    /// Whether an increment that decides by itself is more than healthy servers show even if it is off by its error.
    private func isCertain(_ increment: Increment) -> Bool {
        // An interpreter that counts references leaves cycles for a collection that few connections do not bring about.
        let connections = course.drives.reduce(0) { $0 + $1.connections }
        guard scale.resolution <= 1 || connections >= Self.leastOfMemory else { return false }
        return increment.perConnection - increment.error > scale.effect(over: increment.connections)
    }

    private func agree(_ first: Increment, _ second: Increment) -> Bool {
        let (low, high) = (
            min(first.perConnection, second.perConnection), max(first.perConnection, second.perConnection)
        )
        let ratio = scale.isReused ? Self.leastRatio.reused : Self.leastRatio.exact
        return low >= ratio * high || high - low <= first.error + second.error
    }
}
