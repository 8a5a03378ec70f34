import LeakStatistics

/// The readings of one gauge as drives, each with the pause that followed it.
struct Course: Hashable {
    /// Some connections, and the pause after them.
    struct Drive: Hashable {
        /// The readings, the trough before the first connection among them.
        var series: GrowthSeries
        /// The level at the end of the pause; nil before that.
        var trough: Double?

        /// The level before the first connection.
        var start: Double { series.points.first?.level ?? 0 }
        /// The level after the last connection; of what fell back meanwhile, the floor.
        var crest: Double { series.points.last?.level ?? 0 }
        /// How many connections it made.
        var connections: Double { series.connections - (series.points.first?.connections ?? 0) }

        /// The part of at most so many connections.
        func first(_ connections: Double) -> GrowthSeries {
            guard let begin = series.points.first?.connections else { return series }
            return GrowthSeries(Array(series.points.prefix { $0.connections - begin <= connections }))
        }
    }

    /// The drives in the order of time, the one that goes on last.
    var drives: [Drive] = []

    /// The course that `readings` make, of which those with an index in `troughs` were taken at the end of a pause.
    init(_ readings: [GrowthSeries.Point?], troughs: [Int]) {
        let troughs = Set(troughs)
        var points: [GrowthSeries.Point] = []
        for (index, reading) in readings.enumerated() {
            guard let reading else { continue }
            if troughs.contains(index), !points.isEmpty {
                drives.append(Drive(series: GrowthSeries(points), trough: reading.level))
                points = []
            }
            points.append(reading)
        }
        if !points.isEmpty { drives.append(Drive(series: GrowthSeries(points), trough: nil)) }
    }

    /// Whether there was a pause.
    var hasPaused: Bool { drives.contains { $0.trough != nil } }
}
