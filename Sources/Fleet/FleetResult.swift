package import LeakStatistics

/// What a fleet came to.
package struct FleetResult: Sendable {
    /// The time that was judged, in seconds since the epoch.
    package var time: Range<Double>
    /// The matchers that selected the fleet.
    package var selector: String
    /// Seconds from reading to reading.
    package var step: Double
    /// The counter of connections.
    package var connections: String
    /// The gauge of open connections; nil where there is none.
    package var open: String?
    /// The label that grouped pods.
    package var groupLabel: String?
    /// The pods with which others were compared.
    package var baseline: LabelMatcher?
    /// Things the reader should know.
    package var notes: [FleetNote] = []
    /// One for each group and resource, groups in order of their names.
    package var findings: [Finding] = []
    /// The pods that were read, groups in order of their names.
    package var pods: [FleetPod] = []
    /// Where the fleet was not read to its end; nil for a whole one.
    package var interruption: FleetInterruption?
    /// How long it took to read and to judge, in seconds.
    package var durationSeconds = 0.0
    /// The command that asks the same again, quoted for a shell; nil where there is none.
    package var reproducer: String?

    /// A result without findings yet.
    package init(
        time: Range<Double>, selector: String, step: Double, connections: String, open: String?, groupLabel: String?,
        baseline: LabelMatcher?
    ) {
        self.time = time
        self.selector = selector
        self.step = step
        self.connections = connections
        self.open = open
        self.groupLabel = groupLabel
        self.baseline = baseline
    }

    /// What is clean in what was read may not be so in what was not, for this reason.
    mutating func doubtClean(_ reason: FleetReason) {
        for index in findings.indices where findings[index].verdict == .clean {
            findings[index].verdict = .inconclusive
            findings[index].reason = reason
        }
    }

    /// The verdict over all that are judged. What the baseline does is no concern of it.
    package var verdict: Verdict { Verdict.overall(findings.filter { !$0.isBaseline }.compactMap(\.verdict)) }

    /// What is said of one resource of one group.
    package struct Finding: Sendable {
        /// The value of the label that groups; nil for one group.
        package var group: String?
        /// Whether the group is what others are compared with.
        package var isBaseline = false
        /// What was judged.
        package var resource: Resource
        /// The metric that it was read from.
        package var metric: String
        /// Pods that had a part in it.
        package var pods: Int
        /// Lives of processes in these pods.
        package var lives: Int
        /// Connections that were accepted by them while they were read.
        package var connections: Double
        /// `clean`, `leak` or `inconclusive`.
        package var verdict: Verdict?
        /// Growth per connection, of a baseline taken off where there is one; nil where nothing can be said.
        package var perConnection: Double?
        /// Its 99% interval.
        package var interval: ClosedRange<Double>?
        /// The smallest leak that would have been seen.
        package var smallestDetectable: Double?
        /// Why it is inconclusive.
        package var reason: FleetReason?
        /// Pods in which it grew.
        package var growingPods = 0
        /// When the first pod reaches its limit; nil unless it leaks and the limit is known.
        package var exhaustion: Exhaustion?
        /// The query with which the store shows what these pods held; empty where it is not known.
        package var query = ""
        /// What some of the pods held.
        package var curves = PodCurves()

        /// When a limit is reached.
        package struct Exhaustion: Sendable {
            /// The pod.
            package var pod: String
            /// The limit.
            package var limit: Double
            /// When, in seconds since the epoch.
            package var time: Double

            /// The end of a pod's descriptors, or of whatever has a limit.
            package init(pod: String, limit: Double, time: Double) {
                self.pod = pod
                self.limit = limit
                self.time = time
            }
        }

        /// A finding; what is left out is not known.
        package init(
            group: String? = nil, isBaseline: Bool = false, resource: Resource, metric: String, pods: Int, lives: Int,
            connections: Double, verdict: Verdict? = nil, perConnection: Double? = nil,
            interval: ClosedRange<Double>? = nil, smallestDetectable: Double? = nil, reason: FleetReason? = nil,
            growingPods: Int = 0, exhaustion: Exhaustion? = nil
        ) {
            self.group = group
            self.isBaseline = isBaseline
            self.resource = resource
            self.metric = metric
            self.pods = pods
            self.lives = lives
            self.connections = connections
            self.verdict = verdict
            self.perConnection = perConnection
            self.interval = interval
            self.smallestDetectable = smallestDetectable
            self.reason = reason
            self.growingPods = growingPods
            self.exhaustion = exhaustion
        }
    }
}

/// Something the reader of a result should know.
package enum FleetNote: Hashable, Sendable {
    /// The store warned, such as of a part that did not answer.
    case partial(String)
    /// No gauge of open connections is known.
    case noOpen
    /// So many seconds between readings of a pod are missing at the most, in so many pods.
    case gaps(pods: Int, longestSeconds: Double)
    /// So many series of the gauge have no counter of connections beside them.
    case unmatched(metric: String, series: Int)

    /// Whether something is missing of what was asked for.
    var isPartial: Bool { if case .partial = self { true } else { false } }
}

/// Why a finding is inconclusive, or what a clean one still shows.
package enum FleetReason: Hashable, Sendable {
    /// Fewer than three pods.
    case fewPods(Int)
    /// No life is long enough.
    case shortLives
    /// Growth of open connections could not be taken out.
    case noOpen
    /// It grew, and time and connections cannot be told apart: pods had equal shares.
    case equalShares(spread: Double)
    /// It grows by so much an hour, and not with connections.
    case growsWithTime(perHour: Double)
    /// Fewer than two quiet times gave nothing back.
    case fewQuietTimes(kept: Int, seen: Int)
    /// It grew in fewer pods than most.
    case fewPodsGrow(growing: Int, pods: Int)
    /// It grows ever more slowly, as caches and warming up do.
    case slowing(persistence: Double)
    /// Memory of a process whose runtime collects garbage when it likes, or of which nothing else is known.
    case onlyResident
    /// The interval reaches so far that a leak of the size that matters could hide.
    case wide
    /// The store answered in part only, so that nothing is proven clean.
    case partial
    /// Reading ended before the end, so that nothing is proven clean; from here on nothing was read, in seconds since the
    /// epoch.
    case unread(from: Double)
}
