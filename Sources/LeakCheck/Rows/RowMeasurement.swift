package import Causes
package import LeakStatistics
package import Lifecycles
package import Remedies
package import Targets

/// What was measured of one lifecycle: all that its findings rest on.
///
/// A value: the run writes it down, the judge reads it, the record keeps it, and the report draws it.
package struct RowMeasurement: Sendable {
    /// The lifecycle.
    package var lifecycle: Lifecycle
    /// What became of its connections.
    package var connections = DriveCounts()
    /// How long its peers stayed, where they stay.
    package var hold = Duration.milliseconds(50)
    /// The readings, in the order of time. One whose phase is `pause` was taken at the end of a pause: it is a trough.
    package var samples: [CheckResult.Sample] = []
    /// How long after the last connection it was seen that what had been kept was given back, in seconds, by resource.
    package var releasedWithin: [Resource: Double] = [:]
    /// Why a resource could not be read, or no longer.
    package var probeFailures: [Resource: Problem] = [:]
    /// Sockets by TCP state before the first connection.
    package var tcpStatesAtStart: [String: Int] = [:]
    /// Sockets by TCP state after the last.
    package var tcpStatesAtEnd: [String: Int] = [:]
    /// Which processes of several gained what, from the first connection to the last pause.
    package var gains: [ProcessGain] = []
    /// Why no more connections were made, though more could tell.
    package var stopReason: StopReason?
    /// Why the lifecycle no longer comes about; the row cannot be judged then, however well it began.
    package var failure: RowFailure?
    /// That the target stopped taking part while its process lived.
    package var stall: CheckResult.Stall?
    /// What became of peers that stayed after the end of their connections; nil where that was not tried.
    package var held: CheckResult.HeldPeers?
    /// The timers that were set when it last began to rest; nil where they are not known, or are few.
    package var timers: CheckResult.TimersLeft?
    /// Whether the target rightly does not do what the lifecycle is about, so that the row is left out.
    package var isInapplicable = false
    /// What is known of the causes of what it leaks; nil where they were not looked for.
    package var explanation: Explanation?

    /// A lifecycle of which nothing has been measured.
    package init(_ lifecycle: Lifecycle) {
        self.lifecycle = lifecycle
    }

    /// Connections at the last reading.
    package var completed: Int { samples.last?.connections ?? 0 }

    /// The samples that were taken at the end of a pause, as indices; of several in a row the last.
    var troughs: [Int] {
        samples.indices.filter { index in
            samples[index].phase == .pause
                && (index + 1 == samples.count || samples[index + 1].phase != .pause)
        }
    }

    /// Whether a pause is over, so that a suspicion can be held against what came after it.
    var hasPaused: Bool { samples.contains { $0.phase == .pause } }

    /// How long each pause was, in seconds.
    var pausesSeconds: [Double] {
        troughs.map { index in
            let before = samples[..<index].last { $0.phase != .pause }
            return samples[index].seconds - (before?.seconds ?? samples[index].seconds)
        }
    }

    /// How long the longest pause was, in seconds; nil where there was none.
    package var longestPauseSeconds: Double? { pausesSeconds.max() }

    /// Whether more connections can be made and may tell more.
    var mayBeDriven: Bool { stopReason == nil && failure == nil && stall?.hasRecovered != false }

    /// How long connections were made, in seconds, between the samples `part`.
    func drivenSeconds(_ part: Range<Int>? = nil) -> Double {
        let samples = samples[part ?? 0..<samples.count]
        return zip(samples, samples.dropFirst()).reduce(0) { sum, pair in
            pair.1.connections > pair.0.connections ? sum + pair.1.seconds - pair.0.seconds : sum
        }
    }

    /// The readings of a resource; nil where a sample has none.
    func readings(_ resource: Resource) -> [GrowthSeries.Point?] {
        samples.map { sample in
            sample.level(resource).map { GrowthSeries.Point(connections: Double(sample.connections), level: $0) }
        }
    }

    /// The readings as a series.
    func series(_ resource: Resource) -> GrowthSeries { GrowthSeries(readings(resource).compactMap { $0 }) }
}

extension CheckResult.Sample {
    /// What the target held of a resource; nil where that was not read.
    package func level(_ resource: Resource) -> Double? {
        switch resource {
        case .descriptors: Double(descriptors)
        case .threads: Double(threads)
        case .privateMemory: Double(privateMemory)
        default: probed?[resource.rawValue]
        }
    }
}
