public import LeakStatistics
public import Lifecycles

/// A finished check, or as much of one as was measured.
public struct CheckResult: Sendable {
    /// What ended a check before its time.
    public enum Interruption: Hashable, Sendable {
        /// The target died or could no longer be read.
        case targetLost(String)
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
    public var probes: [Probe] = []
    /// One for each lifecycle, in the order driven.
    public var rows: [Row]
    /// Every sample taken.
    public var samples: [Sample]
    /// What ended it early.
    public var interruption: Interruption?
    /// The environment in which the check ran, and why it was taken to be this one.
    public var environment: String?
    /// Things the reader should know, such as a process that does not listen on the URL's port.
    public var notes: [String]

    /// What was judged in each row, in this order.
    public var resources: [Resource] { Resource.ofEveryTarget + probes.map(\.resource) }

    /// A gauge of the target's own.
    public struct Probe: Hashable, Sendable, Codable {
        /// What it reads.
        public var resource: Resource
        /// Where its readings come from, in words.
        public var source: String
        /// Whether a reading may be seconds old; nil as no.
        public var mayLag: Bool?

        /// A probe of `resource`.
        public init(resource: Resource, source: String, mayLag: Bool? = nil) {
            self.resource = resource
            self.source = source
            self.mayLag = mayLag
        }
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
        /// Why it is inconclusive, and what would decide it; or what else is worth saying.
        public var remark: String?
        /// Descriptors of sockets gained since the row began, by TCP state.
        public var tcpStates: [String: Int] = [:]
        /// How long after the last connection it was seen that the target had given back what it had kept.
        public var releasedWithinSeconds: Double?
        /// The entry that accepts this leak; nil where none does.
        public var knownLeak: KnownLeak?
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
