/// The level of one resource against the number of connections made, in the order of time.
public struct GrowthSeries: Hashable, Sendable {
    /// One reading.
    public struct Point: Hashable, Sendable {
        /// Connections made so far.
        public var connections: Double
        /// What the process held then.
        public var level: Double

        /// A reading.
        public init(connections: Double, level: Double) {
            self.connections = connections
            self.level = level
        }
    }

    /// The readings.
    public private(set) var points: [Point] = []

    /// No readings yet.
    public init() {}

    /// Readings in the order of time; `connections` must not fall.
    public init(_ points: [Point]) {
        for point in points { append(connections: point.connections, level: point.level) }
    }

    /// Adds a reading; `connections` must not be below the last one's.
    public mutating func append(connections: Double, level: Double) {
        precondition(points.last.map { connections >= $0.connections } ?? true, "connections only grow")
        points.append(Point(connections: connections, level: level))
    }

    /// Connections at the last reading.
    public var connections: Double { points.last?.connections ?? 0 }

    /// Growth from the first reading to the last, for each connection; 0 where none was made.
    public var perConnection: Double {
        guard let first = points.first, let last = points.last, last.connections > first.connections else { return 0 }
        return (last.level - first.level) / (last.connections - first.connections)
    }

    /// The smallest rise of the lowest level from one quarter of the readings to the next; negative where it fell, 0 of fewer
    /// than four readings.
    ///
    /// A leak raises the lowest level in each quarter; a step that an allocator takes once, in one.
    public var leastRise: Double {
        guard points.count >= 4 else { return 0 }
        let lowest = (0..<4).map { quarter in
            points[(points.count * quarter / 4)..<(points.count * (quarter + 1) / 4)].map(\.level).min() ?? 0
        }
        return zip(lowest, lowest.dropFirst()).map { $1 - $0 }.min() ?? 0
    }

    /// The series with the smallest level at or after each reading in place of the level.
    ///
    /// It removes the teeth of a sawtooth. What is given back later was never lost: one fall to an old level refutes a
    /// leak.
    public var floor: GrowthSeries {
        var floor = self
        var least = Double.infinity
        for index in points.indices.reversed() {
            least = min(least, points[index].level)
            floor.points[index].level = least
        }
        return floor
    }

    /// The series without what `other` accounts for: `amount` for each unit beyond its first reading, at most what this
    /// series has grown.
    public func charging(_ amount: Double, perUnitOf other: GrowthSeries) -> GrowthSeries {
        precondition(other.points.count == points.count, "both series were read at the same moments")
        guard let first = other.points.first else { return self }
        var rest = self
        for (index, point) in other.points.enumerated() {
            let grown = max(0, points[index].level - points[0].level)
            rest.points[index].level -= min(grown, amount * max(0, point.level - first.level))
        }
        return rest
    }

    /// The level at `connections`, interpolated between two readings.
    public func level(at connections: Double) -> Double {
        guard let first = points.first, let last = points.last else { return 0 }
        if connections <= first.connections { return first.level }
        guard let after = points.firstIndex(where: { $0.connections >= connections }) else { return last.level }
        let (left, right) = (points[after - 1], points[after])
        let share = (connections - left.connections) / (right.connections - left.connections)
        return left.level + share * (right.level - left.level)
    }
}
