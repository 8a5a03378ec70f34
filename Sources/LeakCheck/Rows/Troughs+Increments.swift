import LeakStatistics

/// What each drive left for its connections.
extension Troughs {
    /// Blocks of a drive after a pause, and its connections as a share of the reach, below which nothing can be said.
    private static let (leastBlocks, leastReachShare) = (4, 0.45)
    /// As many connections are enough whatever the reach is.
    private static let enoughConnections = Double(RowJudge.leastConnections)
    /// How far a drive may go beyond its reach, by the last of its blocks.
    private static let reachTolerance = 1.02

    static func increments(_ course: Course, _ scale: GrowthScale, _ isAlwaysAtRest: Bool) -> [Increment] {
        var increments: [Increment] = []
        var wasKept = true
        for (index, drive) in course.drives.enumerated() where drive.connections > 0 {
            let kept = Self.kept(drive, isFirst: index == 0, scale).map { $0 && !isAlwaysAtRest } ?? wasKept
            if index == 0 {
                guard drive.trough != nil else { return [] }
                increments.append(kept ? first(drive, scale) : coldStart(drive, scale))
            } else if kept && wasKept && !isAlwaysAtRest && fall(of: drive, scale) == 0 {
                let reach = reach(of: index, course)
                if scale.isReused, drive.trough != nil, drive.connections > reach * reachTolerance {
                    // More was kept at a time than before: it says that there is growth, and cannot convict.
                    increments.append(atRest(drive, reach: reach, scale))
                    wasKept = kept
                    continue
                }
                let part = drive.first(reach)
                let connections = part.connections - (part.points.first?.connections ?? 0)
                guard isEnough(connections, blocks: part.points.count - 1, reach: reach) else {
                    // A drive that a pause has ended says what it can.
                    if drive.trough == nil { break }
                    increments.append(atRest(drive, reach: reach, scale))
                    wasKept = kept
                    continue
                }
                increments.append(whileDriving(part))
            } else if drive.trough != nil {
                increments.append(atRest(drive, reach: reach(of: index, course), scale))
            }
            wasKept = kept
        }
        return increments
    }

    /// How much a drive has given back of what was there at the end of the pause before it, in a gauge that shows what is freed;
    /// 0 for what is noise.
    ///
    /// An allocator that nobody reads, such as one of Rust, frees its pages when it is next used. What it then takes anew was not
    /// left by its connections, and from pause to pause it holds now more, now less of as much.
    static func fall(of drive: Course.Drive, _ scale: GrowthScale) -> Double {
        guard !scale.isReused, let lowest = drive.series.points.map(\.level).min() else { return 0 }
        let depth = drive.start - lowest
        return depth > max(scale.restNoise, strayUnits * scale.resolution) ? depth : 0
    }

    /// The most connections that a drive before the one at `index` made: as many fit into the room that it left.
    static func reach(of index: Int, _ course: Course) -> Double {
        course.drives[..<index].map(\.connections).max() ?? 0
    }

    static func isEnough(_ connections: Double, blocks: Int, reach: Double) -> Bool {
        blocks >= leastBlocks && connections >= min(enoughConnections, leastReachShare * reach)
    }

    /// Whether most of what a drive left was still there after its pause; nil before that.
    ///
    /// What warming up left before the second half of the first drive is no part of it.
    static func kept(_ drive: Course.Drive, isFirst: Bool, _ scale: GrowthScale) -> Bool? {
        guard let trough = drive.trough else { return nil }
        let floor = drive.series.floor
        let begin = drive.series.points.first?.connections ?? 0
        let base = isFirst ? floor.level(at: begin + drive.connections / 2) : drive.start
        let grown = drive.crest - base
        return grown <= strayUnits * scale.resolution || trough - base >= keptShare * grown
    }

    /// The first drive, of which nothing was given back: its second half, as the first is warming up.
    private static func first(_ drive: Course.Drive, _ scale: GrowthScale) -> Increment {
        guard
            let estimate = GrowthEstimate(
                drive.series, resolution: scale.resolution, confidence: RowJudge.confidence)
        else { return coldStart(drive, scale) }
        return Increment(
            perConnection: estimate.perConnection, error: estimate.resolution, connections: estimate.connections,
            isAtRest: false, isWithinReach: true)
    }

    /// The first drive, of which something was given back: what little is left may be of warming up.
    private static func coldStart(_ drive: Course.Drive, _ scale: GrowthScale) -> Increment {
        var increment = atRest(drive, reach: .infinity, scale)
        increment.isWarmingUp =
            increment.perConnection * drive.connections
            <= scale.warmUp + scale.warmUpPerConnection * drive.connections
        return increment
    }

    /// A later drive of which nothing is given back, as far as it reaches.
    private static func whileDriving(_ part: GrowthSeries) -> Increment {
        let floor = part.floor
        let (first, last) = (floor.points[0], floor.points[floor.points.count - 1])
        let connections = last.connections - first.connections
        let blocks = zip(floor.points, floor.points.dropFirst()).filter { $0.1.connections > $0.0.connections }
        let growing = blocks.count { $0.1.level > $0.0.level }
        // A single step of an arena is no growth of each connection.
        let isSteady = Double(growing) >= 0.5 * Double(blocks.count)
        let amount = (last.level - first.level) / connections
        return Increment(
            perConnection: isSteady ? amount : 0, error: isSteady ? spread(blocks, amount) : amount,
            connections: connections,
            isAtRest: false, isWithinReach: true)
    }

    /// How far the growth of single blocks lies from what `amount` makes of them, in the mean over all (a ratio's standard
    /// error; Cochran, 1977, 2.11), thrice.
    private static func spread(_ blocks: [(GrowthSeries.Point, GrowthSeries.Point)], _ amount: Double) -> Double {
        let rests = blocks.map { $1.level - $0.level - amount * ($1.connections - $0.connections) }
        let connections = blocks.reduce(0) { $0 + $1.1.connections - $1.0.connections }
        let count = Double(blocks.count)
        guard count > 1, connections > 0 else { return amount }
        return 3 * (count / (count - 1) * rests.reduce(0) { $0 + $1 * $1 }).squareRoot() / connections
    }

    /// A drive between two troughs.
    private static func atRest(_ drive: Course.Drive, reach: Double, _ scale: GrowthScale) -> Increment {
        let gained = (drive.trough ?? drive.crest) - drive.start
        // A count that a connection leaves by chance varies as events do (Poisson): by its square root.
        let spread = scale.isReused ? 0 : (max(0, gained) * scale.resolution).squareRoot() * 2.6
        return Increment(
            perConnection: gained / drive.connections,
            error: (strayUnits * scale.resolution + spread + fall(of: drive, scale)) / drive.connections,
            connections: drive.connections, isAtRest: true,
            isWithinReach: !scale.isReused || drive.connections <= reach * reachTolerance)
    }
}
