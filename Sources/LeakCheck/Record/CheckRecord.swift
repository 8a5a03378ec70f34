public import Causes
public import Lifecycles
public import Remedies
public import Targets

/// The course of a check, entry by entry as it was written down: enough to judge it again.
public struct CheckRecord: Sendable {
    /// The name and version of the schema of its lines.
    public static let schema = "watertight.record/1"

    /// What was planned, and what the target is.
    public var header: Header
    /// The samples, in the order of time.
    public var samples: [CheckResult.Sample] = []
    /// The latest facts of each row, by the row's label.
    public var facts: [String: RowFacts] = [:]
    /// How it ended; nil for a check that was killed.
    public var end: End?

    /// A record that has only begun.
    public init(header: Header) {
        self.header = header
    }

    /// One line of a record.
    public enum Entry: Sendable {
        /// The first line.
        case header(Header)
        /// A reading of the target.
        case sample(CheckResult.Sample)
        /// What judging a row needs beside its samples; the latest counts.
        case row(RowFacts)
        /// The last line of a check that was not killed.
        case end(End)
    }

    /// What was planned, and what the target is.
    public struct Header: Sendable, Codable {
        /// The schema of the record.
        public var schema = CheckRecord.schema
        /// When the check began, in UTC.
        public var startedAt: String
        /// The seed of the order of doses.
        public var seed: UInt64
        /// Time for the whole check.
        public var budgetSeconds: Double
        /// Connections at a time.
        public var concurrency: Int
        /// What was checked, in words.
        public var target: String
        /// What runs the target.
        public var runtime: String
        /// Whether that collects garbage lazily, so that growth of memory is no evidence.
        public var collectsLazily: Bool
        /// The soft limit of open descriptors of the target.
        public var descriptorLimit: Int?
        /// How lifecycles were kept apart.
        public var isolation: CheckResult.Isolation
        /// The environment, and why it is this one.
        public var environment: String?
        /// Growth of memory in a row, in bytes, that is worth a note.
        public var memoryGrowthThresholdBytes: Int?
        /// What the reader should know and was known from the beginning.
        public var notes: [Problem]
        /// The rows, in the order driven.
        public var rows: [Row]
        /// What is read beside the processes; nil where nothing is.
        public var probes: [ProbeSource]?
        /// How it was watched; nil for a check.
        public var watch: Watch?
        /// How long a suspect had to rest, in seconds; nil in the records of versions that did not say.
        public var pauseSeconds: Double?
        /// Whether the user chose that; nil where not.
        public var pauseChosen: Bool?
        /// Which share of the lifecycles it drove; nil for all.
        public var shard: Shard?
    }

    /// What makes a watch of the record: nothing is driven, and the axis is time.
    public struct Watch: Sendable, Codable {
        /// Time from sample to sample.
        public var intervalSeconds: Double
        /// Time for the whole watch; nil for as long as nobody ends it.
        public var durationSeconds: Double?
    }

    /// A lifecycle with or without compression.
    public struct Row: Sendable, Codable {
        /// The lifecycle's name.
        public var lifecycle: String
        /// Whether its peers compress.
        public var compressed: Bool
        /// The text of a user's script; nil for a lifecycle of the catalogue.
        public var script: String?
        /// The command that checks this row alone.
        public var reproducer: String?
    }

    /// What judging a row needs beside its samples.
    public struct RowFacts: Sendable, Codable {
        /// The lifecycle's name.
        public var lifecycle: String
        /// Whether its peers compress.
        public var compressed: Bool
        /// What became of its connections.
        public var connections: Connections
        /// Which of the row's samples is the last before the pause, counted from 0; nil before one.
        public var pauseIndex: Int?
        /// How long after the last connection it was seen that something was given back, in seconds, by resource.
        public var releasedWithinSeconds: [String: Double]
        /// Sockets by TCP state before the first connection.
        public var tcpStatesAtStart: [String: Int]
        /// Sockets by TCP state after the last.
        public var tcpStatesAtEnd: [String: Int]
        /// Why no more connections were made, as earlier versions wrote it.
        public var obstacle: String?
        /// Why no more connections were made.
        public var stopReason: StopReason?
        /// Why a resource could not be read, by resource; nil where all could.
        public var unread: [String: Problem]?
        /// Why the row cannot be judged, as earlier versions wrote it.
        public var breakdown: String?
        /// Why the row cannot be judged.
        public var failure: RowFailure?
        /// That the target stopped taking part while its process lived; nil where it did not.
        public var stall: CheckResult.Stall?
        /// What became of peers that stayed after the end of their connections; nil where that was not tried.
        public var held: CheckResult.HeldPeers?
        /// The timers that were set when the row last began to rest; nil where they are not known, or are few.
        public var timers: CheckResult.TimersLeft?
        /// Whether the target rightly does not do what the lifecycle is about, so that the row is left out.
        public var isInapplicable: Bool
        /// What is known of the causes of what it leaks; nil where they were not looked for.
        public var explanation: Explanation?
        /// How long its peers stayed, where they stay, in seconds; nil in the records of earlier versions.
        public var holdSeconds: Double?
    }

    /// What became of a row's connections.
    public struct Connections: Sendable, Codable {
        /// Begun.
        public var attempted: Int
        /// Ended as the lifecycle wants.
        public var completed: Int
        /// Refused by the target.
        public var refused: Int
        /// Of those, the ones to which the target did not agree to compress.
        public var uncompressed: Int
        /// Broken.
        public var broken: Int
        /// Accepted by the target, though they were to be refused.
        public var accepted: Int
        /// Left waiting by the target.
        public var stalled: Int
        /// The first thing that went wrong.
        public var firstProblem: Problem?
        /// Of the completed, those that the target ended in its own way; nil in the records of earlier versions.
        public var endedOtherwise: Int?
        /// How the first of those ended.
        public var firstDeviation: PeerDeviation?
        /// Those in which the target broke RFC 6455; nil in the records of earlier versions.
        public var violations: Int?
        /// What it did in the first of those.
        public var firstViolation: ProtocolViolation?
    }

    /// How a check ended, and what it found.
    public struct End: Sendable, Codable {
        /// How long it took.
        public var durationSeconds: Double
        /// How long a process of the target took to start, in seconds; nil where none was started.
        public var startSeconds: Double?
        /// What the time went into; nil in the records of earlier versions.
        public var timeSpent: TimeSpent?
        /// Whether the user stopped it.
        public var interrupted: Bool
        /// How the target was lost, if it was.
        public var targetLost: Problem?
        /// All that the reader should know.
        public var notes: [Problem]
        /// The findings of each row, in the header's order.
        public var findings: [[CheckResult.Finding]]
        /// What is known of peers that stayed; nil where nothing is.
        public var stay: CheckResult.Stay?
        /// The findings of a watch; nil for a check.
        public var growth: [WatchResult.Finding]?
        /// Why a gauge of a watch was not read to the end, by its name; nil where all were, and for a check.
        public var unread: [String: Problem]?
    }
}

extension CheckRecord.Row {
    /// The row's label, as reports give it.
    public var label: String { compressed ? "\(lifecycle)+deflate" : lifecycle }

    /// The lifecycle of that name, or of its script; nil where this version knows none, or cannot read the script.
    public var resolved: Lifecycle? {
        guard let script else { return Lifecycle.labeled(label) }
        let plain = try? Lifecycle(name: lifecycle, script: script)
        return compressed ? plain?.compressed : plain
    }
}

extension CheckRecord.RowFacts {
    /// The row's label, as reports give it.
    public var label: String { compressed ? "\(lifecycle)+deflate" : lifecycle }
}

extension CheckResult.Sample {
    /// The label of the row to which it belongs.
    public var label: String { compressed ? "\(lifecycle)+deflate" : lifecycle }
}
