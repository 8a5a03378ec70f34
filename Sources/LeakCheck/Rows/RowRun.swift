import LeakStatistics
import Lifecycles
import Sockets

/// One lifecycle's measurement, as far as it has come.
final class RowRun {
    let lifecycle: Lifecycle
    /// The process that takes it; nil before the first block and once it is no longer needed.
    var target: Target?
    /// What is judged.
    var resources = Resource.ofEveryTarget
    /// What is read from a user's page or command, which may have made its value some seconds ago.
    var lagging: Set<Resource> = []
    /// How many verdicts the whole check gives, of which none may be a leak by chance.
    var comparisons = 1
    /// Why a resource could not be read, or no longer.
    var unread: [Resource: String] = [:]
    var counts = DriveCounts()
    var samples: [CheckResult.Sample] = []
    /// The stage of the row.
    var state = State.measuring
    /// When the last block ended.
    var idleSince = MonotonicTime.now
    /// The sample before the pause, as an index.
    var pauseIndex: Int?
    /// Connections that the next block makes.
    lazy var dose = firstDose
    /// Where peers stay for a while, a block of a few takes as long as one of many.
    var firstDose: Double { lifecycle.staysConnected ? 64 : 40 }
    /// How long measuring has taken.
    var measured = Duration.zero
    /// How long after the last connection it was seen that what had been kept was given back, by resource: so much of it
    /// that the rest is clean, or most of it by the end of the pause.
    var releasedWithin: [Resource: Duration] = [:]
    /// Whether that is so of all that was suspected.
    var hasReleased = false
    var statesAtStart: [String: Int] = [:]
    var statesAtEnd: [String: Int] = [:]
    /// What the last readings of its probes took.
    var probeCost = Duration.zero
    /// Blocks in a row in which hardly any connection came about.
    var failedBlocks = 0
    /// Blocks in a row after which something that can be counted grew like a leak, and nothing else was in doubt.
    var exactSuspicions = 0
    /// Blocks in a row after which anything grew like a leak.
    var suspicions = 0
    /// Why no more connections should be made: what leaks would exhaust the target.
    var obstacle: String?
    /// That the target stopped taking part while it lived.
    var stall: CheckResult.Stall?
    /// Why the lifecycle no longer comes about; the row cannot be judged then, however well it began.
    var breakdown: String?

    enum State {
        /// More connections may change the verdict.
        case measuring
        /// Something grows like a leak; only a pause tells it from what is kept for a while.
        case suspect
        /// Nothing more is to be learned.
        case decided
        /// The target does not do what the lifecycle is about, and rightly so.
        case inapplicable
    }

    init(_ lifecycle: Lifecycle) {
        self.lifecycle = lifecycle
    }

    /// The readings of a resource over all samples, or those of a part; nil where a sample has none.
    func readings(_ resource: Resource, _ part: Range<Int>? = nil) -> [GrowthSeries.Point?] {
        samples[part ?? 0..<samples.count].map { sample in
            sample.level(resource).map { GrowthSeries.Point(connections: Double(sample.connections), level: $0) }
        }
    }

    /// The readings as a series.
    func series(_ resource: Resource, _ part: Range<Int>? = nil) -> GrowthSeries {
        GrowthSeries(readings(resource, part).compactMap { $0 })
    }

    /// How long connections were made, as far as `part` of the samples goes.
    func drivenSeconds(_ part: Range<Int>?) -> Double {
        let samples = samples[part ?? 0..<samples.count]
        return zip(samples, samples.dropFirst()).reduce(0) { sum, pair in
            pair.1.connections > pair.0.connections ? sum + pair.1.seconds - pair.0.seconds : sum
        }
    }

    /// Whether the row's pause is over, so that a suspicion can be held against what came after it.
    var isResumed: Bool { pauseIndex.map { $0 + 1 < samples.count } ?? false }

    /// Whether more connections can be made and may tell more.
    var mayBeDriven: Bool { obstacle == nil && breakdown == nil && stall?.hasRecovered != false }

    /// Connections that took place.
    var completed: Int { samples.last?.connections ?? 0 }
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
