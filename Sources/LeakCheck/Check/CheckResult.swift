public import Causes
public import LeakStatistics
public import Lifecycles
public import Remedies
import SystemCalls
public import Targets

/// A finished check, or as much of one as was measured.
public struct CheckResult: Sendable {
    /// What ended a check before its time.
    public enum Interruption: Hashable, Sendable {
        /// The target died or could no longer be read.
        case targetLost(Problem)
        /// The user stopped it.
        case interrupted
    }

    /// The verdict over every row.
    public var verdict: Verdict { Verdict.overall(rows.flatMap { $0.resources.map(\.verdict) }) }
    /// The seed of the order of doses.
    public var seed: UInt64
    /// When it began, in UTC, as ISO 8601 writes it.
    public var startedAt: String
    /// How long the check took.
    public var durationSeconds: Double
    /// Time that it was given.
    public var budgetSeconds: Double
    /// Connections that were made at a time.
    public var concurrency: Int
    /// What was checked, in words.
    public var target: String
    /// What runs the target: `node 20`, `python 3.11`, `native`.
    public var runtime: String
    /// The soft limit of open descriptors of the target's process, the smallest where it has several; nil where it was not
    /// read.
    public var descriptorLimit: Int?
    /// Whether each lifecycle had a process of its own or all shared one.
    public var isolation: Isolation
    /// What was read of the target beside its processes.
    public var probes: [ProbeSource] = []
    /// One for each lifecycle, in the order driven.
    public var rows: [Row]
    /// Every sample taken.
    public var samples: [Sample]
    /// What ended it early.
    public var interruption: Interruption?
    /// The environment in which the check ran, and why it was taken to be this one.
    public var environment: String?
    /// Whether the target collects garbage when it likes.
    package var usesTracingGC = false
    /// How long a process of the target took to start, in seconds; nil where none was started.
    public var startSeconds: Double?
    /// What the time went into; nil in the records of earlier versions.
    public var timeSpent: TimeSpent?
    /// What is known of peers that stayed; nil where no row was about them.
    public var stay: Stay?
    /// Rows in which private memory grew by more than the environment allows, whatever the verdict is.
    public var memoryGrowth: [MemoryGrowth] = []
    /// Which share of the lifecycles was driven; nil for all.
    public var shard: Shard?
    /// Things the reader should know, such as a process that does not listen on the URL's port.
    public var notes: [Problem]

    /// What was judged in each row, in this order.
    public var resources: [Resource] { Resource.ofEveryTarget + probes.map(\.resource) }

    /// How the target treats peers that are connected and say nothing, and how long they stayed in which rows.
    public struct Stay: Hashable, Sendable, Codable {
        /// How long the target was watched for a heartbeat, in seconds; 0 where it was not.
        public var watchedSeconds = 0.0
        /// The time from an upgrade to the first Ping; nil where none came.
        public var firstPingSeconds: Double?
        /// How long it kept a peer that answered nothing; nil where it kept all.
        public var unansweredLimitSeconds: Double?
        /// How long peers stayed, in seconds, by the row's label.
        public var rows: [String: Double] = [:]
        /// Labels of rows that were left out, as they are about a heartbeat that their peers could not stay for; nil for none.
        public var leftOut: [String]?
        /// The longest stay for which such a row had time, in seconds; nil where none was left out.
        public var longestSeconds: Double?

        /// Notes a row that was left out for want of a stay longer than `longest`.
        mutating func leaveOut(_ label: String, longest: Duration) {
            leftOut = (leftOut ?? []) + [label]
            longestSeconds = longest.inSeconds
        }

        /// Notes what was observed.
        mutating func learn(_ observation: StayObservation?) {
            firstPingSeconds = observation?.firstPingAfter?.inSeconds
            unansweredLimitSeconds = observation?.unansweredLimit?.inSeconds
        }

        /// Notes how long the peers of rows that stay did so.
        mutating func add(_ measured: [RowMeasurement]) {
            for row in measured where row.lifecycle.staysConnected && !row.samples.isEmpty {
                rows[row.lifecycle.label] = row.hold.inSeconds
            }
        }
    }

    /// Growth of private memory in one row beyond the environment's threshold.
    public struct MemoryGrowth: Hashable, Sendable {
        /// The row's label.
        public var label: String
        /// How much it grew by, in bytes.
        public var bytes: Int
        /// The threshold, in bytes.
        public var thresholdBytes: Int
    }

    /// Notes the rows whose private memory grew by more than `thresholdBytes`.
    mutating func noteGrowth(of rows: [RowMeasurement], beyond thresholdBytes: Int?) {
        guard let thresholdBytes else { return }
        memoryGrowth = rows.compactMap { row in
            RowJudge.growth(of: row, beyond: thresholdBytes).map {
                MemoryGrowth(label: row.lifecycle.label, bytes: $0, thresholdBytes: thresholdBytes)
            }
        }
    }

    /// The samples of one row, in the order of time.
    package func samples(of row: Row) -> [Sample] {
        samples.filter { $0.lifecycle == row.lifecycle.name && $0.compressed == row.lifecycle.isCompressed }
    }

    /// What one row's verdict on `resource` rests on: the samples that have it with their points, memory without what
    /// other leaks account for.
    package func judgedReadings(of row: Row, _ resource: Resource) -> [(sample: Sample, point: GrowthSeries.Point)] {
        var measurement = RowMeasurement(row.lifecycle)
        measurement.samples = samples(of: row)
        var rules = RowJudge.Rules()
        rules.resources = resources
        rules.usesTracingGC = usesTracingGC
        rules.heapCoversAllocators = probes.contains { $0.coversAllocators ?? false }
        let points = Attribution(measurement, rules).readings(resource)
        return zip(measurement.samples, points).compactMap { sample, point in point.map { (sample, $0) } }
    }

    /// How lifecycles were kept from disturbing each other.
    public enum Isolation: String, Hashable, Sendable, Codable {
        /// The target was started anew for each lifecycle.
        case processPerLifecycle
        /// One process took all lifecycles, one after another.
        case sharedProcess
    }

    /// The findings for one lifecycle.
    public struct Row: Sendable {
        /// The lifecycle.
        public var lifecycle: Lifecycle
        /// What became of its connections.
        public var connections: DriveCounts
        /// One finding for each resource.
        public var resources: [Finding]
        /// The command that checks this row alone, quoted for a shell; nil where the check was not begun by one.
        public var reproducer: String?
        /// That the target stopped taking part while its process lived; nil where it did not.
        public var stall: Stall?
        /// What became of peers that stayed after the end of their connections; nil where that was not tried.
        public var held: HeldPeers?
        /// The timers that were set when the row last rested, where something leaks or is suspected; nil where there were few.
        public var timers: TimersLeft?
        /// Which processes of several gained what, where something leaks.
        public var gains: [ProcessGain] = []
        /// What causes the leak; nil where that was not looked for.
        public var explanation: Explanation?
    }

    /// What is said of one resource under one lifecycle.
    public struct Finding: Sendable, Codable {
        /// The resource.
        public var resource: Resource
        /// The verdict.
        public var verdict: Verdict
        /// How much one connection leaves behind; nil when nothing could be measured.
        public var perConnection: Double?
        /// The 99% confidence interval of that amount.
        public var interval: ClosedRange<Double>?
        /// The smallest leak per connection that this run would have seen.
        public var smallestDetectable: Double?
        /// Why it is what it is.
        public var reason: Reason?
        /// What decides it, in the words of whoever runs the check, such as options of a command; nil where nothing does.
        public var advice: String?
        /// Descriptors of sockets gained since the row began, by TCP state.
        public var tcpStates: [String: Int] = [:]
        /// How long after the last connection it was seen that the target had given back what it had kept.
        public var releasedWithinSeconds: Double?
        /// The entry that accepts this leak; nil where none does.
        public var knownLeak: KnownLeak?
        /// The entry that would, and no longer does.
        public var outdatedKnownLeak: KnownLeak?
        /// Why that does not; nil in the records of earlier versions.
        public var objection: KnownLeak.Objection?

        private enum CodingKeys: String, CodingKey {
            case resource, verdict, perConnection, interval, smallestDetectable, reason, tcpStates,
                releasedWithinSeconds
            case knownLeak, outdatedKnownLeak, objection, remark
        }

        /// What is said of `resource`.
        public init(
            resource: Resource, verdict: Verdict, perConnection: Double? = nil, interval: ClosedRange<Double>? = nil,
            smallestDetectable: Double? = nil, reason: Reason? = nil, tcpStates: [String: Int] = [:],
            releasedWithinSeconds: Double? = nil
        ) {
            self.resource = resource
            self.verdict = verdict
            self.perConnection = perConnection
            self.interval = interval
            self.smallestDetectable = smallestDetectable
            self.reason = reason
            self.tcpStates = tcpStates
            self.releasedWithinSeconds = releasedWithinSeconds
        }

        /// Reads a finding of a record; one of an earlier version has a remark in place of a reason.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            resource = try values.decode(Resource.self, forKey: .resource)
            verdict = try values.decode(Verdict.self, forKey: .verdict)
            perConnection = try values.decodeIfPresent(Double.self, forKey: .perConnection)
            interval = try values.decodeIfPresent(ClosedRange<Double>.self, forKey: .interval)
            smallestDetectable = try values.decodeIfPresent(Double.self, forKey: .smallestDetectable)
            reason =
                try values.decodeIfPresent(Reason.self, forKey: .reason)
                ?? values.decodeIfPresent(String.self, forKey: .remark).map { .text($0) }
            tcpStates = try values.decodeIfPresent([String: Int].self, forKey: .tcpStates) ?? [:]
            releasedWithinSeconds = try values.decodeIfPresent(Double.self, forKey: .releasedWithinSeconds)
            knownLeak = try values.decodeIfPresent(KnownLeak.self, forKey: .knownLeak)
            outdatedKnownLeak = try values.decodeIfPresent(KnownLeak.self, forKey: .outdatedKnownLeak)
            objection = try values.decodeIfPresent(KnownLeak.Objection.self, forKey: .objection)
        }

        /// Writes the finding into a record.
        public func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(resource, forKey: .resource)
            try values.encode(verdict, forKey: .verdict)
            try values.encodeIfPresent(perConnection, forKey: .perConnection)
            try values.encodeIfPresent(interval, forKey: .interval)
            try values.encodeIfPresent(smallestDetectable, forKey: .smallestDetectable)
            try values.encodeIfPresent(reason, forKey: .reason)
            try values.encode(tcpStates, forKey: .tcpStates)
            try values.encodeIfPresent(releasedWithinSeconds, forKey: .releasedWithinSeconds)
            try values.encodeIfPresent(knownLeak, forKey: .knownLeak)
            try values.encodeIfPresent(outdatedKnownLeak, forKey: .outdatedKnownLeak)
            try values.encodeIfPresent(objection, forKey: .objection)
        }
    }

    /// One reading of the target.
    public struct Sample: Sendable, Codable {
        /// The lifecycle that was being driven.
        public var lifecycle: String
        /// Whether its peers compressed.
        public var compressed = false
        /// Connections of that lifecycle completed so far.
        public var connections: Int
        /// Seconds since the check began.
        public var seconds: Double
        /// What the check was doing.
        public var phase: Phase
        /// Open descriptors.
        public var descriptors: Int
        /// Threads.
        public var threads: Int
        /// Private dirty memory and swap, in bytes.
        public var privateMemory: Int
        /// Resident memory, in bytes; shown beside the private, never judged.
        public var residentMemory: Int
        /// What probes read, by resource; nil where none was asked this time.
        public var probed: [String: Double]?
        /// What the allocators of the target's processes hold; nil where they were not read.
        public var allocator: AllocatorLevels?
        /// Descriptors by kind; nil where only their number was read.
        public var descriptorKinds: [String: Int]?
        /// Descriptors of TCP sockets by state; nil where they were not read.
        public var tcpStates: [String: Int]?

        /// The part of a row.
        public enum Phase: String, Sendable, Codable {
            /// Between blocks of connections.
            case measure
            /// While no connection is made.
            case pause
            /// Between blocks after the pause.
            case confirm
        }
    }
}
