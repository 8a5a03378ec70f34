public import LeakStatistics
public import Remedies
public import Targets

/// A finished watch: what a target held under somebody else's traffic, and how it grew.
public struct WatchResult: Sendable {
    /// When it began, in UTC, as ISO 8601 writes it.
    public var startedAt: String
    /// How long it took, until the last sample.
    public var durationSeconds: Double
    /// The time from sample to sample that was wanted.
    public var intervalSeconds: Double
    /// The samples taken.
    public var samples: Int
    /// What was watched, in words.
    public var target: String
    /// What runs the target.
    public var runtime: String
    /// The soft limit of open descriptors, the smallest where there are several processes.
    public var descriptorLimit: Int?
    /// How the target was lost, if it was.
    public var targetLost: Problem?
    /// Whether it was killed, so that nobody knows how it would have ended.
    public var isUnfinished = false
    /// What was read beside the processes.
    public var probes: [ProbeSource] = []
    /// Why a gauge was not read to the end, by its name.
    public var unread: [String: Problem] = [:]
    /// Things the reader should know.
    public var notes: [Problem]
    /// One for each gauge, in the order in which they are shown.
    public var findings: [Finding]

    /// `clean` or `inconclusive`, over what is judged.
    public var verdict: Verdict { Verdict.overall(findings.compactMap(\.verdict)) }

    /// Makes inconclusive what was no longer read, for the reason that stands with its gauge.
    mutating func doubt(unread problems: [String: Problem]) {
        unread = problems
        for index in findings.indices {
            guard let problem = problems[findings[index].gauge] else { continue }
            findings[index].verdict = .inconclusive
            findings[index].remark = "no longer read: \(problem)"
        }
    }

    /// Makes the descriptors inconclusive for what their sockets show, whether they grew or not.
    mutating func doubtDescriptors(_ evidence: String) {
        for index in findings.indices where findings[index].gauge == Resource.descriptors.rawValue {
            findings[index].verdict = .inconclusive
            findings[index].remark = findings[index].remark.map { "\(evidence); \($0)" } ?? Problem(evidence)
        }
    }

    /// What is said of one gauge.
    public struct Finding: Sendable, Codable {
        /// The gauge's name.
        public var gauge: String
        /// The first reading.
        public var start: Double
        /// The last reading.
        public var end: Double
        /// The highest reading.
        public var peak: Double
        /// Growth of the floor in an hour, over the second half of the watch; nil where there were too few samples.
        public var perHour: Double?
        /// Its 99% confidence interval.
        public var interval: ClosedRange<Double>?
        /// The smallest growth in an hour that would have been seen.
        public var smallestDetectable: Double?
        /// `clean` or `inconclusive`; nil for what is shown and not judged. Never `leak`: only driving the target tells.
        public var verdict: Verdict?
        /// Why it is inconclusive, and what would decide it.
        public var remark: Problem?

        /// Whether amounts of it are bytes.
        public var isMemory: Bool { Resource(rawValue: gauge).isMemory }
    }
}
