public import ProcessResources
public import Targets

/// What to watch, how often and for how long.
public struct WatchPlan: Sendable {
    /// Which processes are read.
    public enum Subject: Sendable {
        /// These processes and all their descendants.
        case processes([Int32])
        /// Whoever listens on a port of this machine, with all descendants.
        case port(UInt16)
        /// All of a control group, such as a container's.
        case group(ControlGroup)
    }

    /// Which processes are read.
    public var subject: Subject
    /// Time from sample to sample.
    public var interval: Duration
    /// Time for the whole watch; nil for as long as nobody ends it.
    public var duration: Duration?
    /// What is read beside the processes, such as the live heap; none unless asked for, because a reading costs the target.
    public var heap: [HeapTemplate]
    /// The part of the time that the readings of each of `heap` may take, during which a target collects its garbage or
    /// stands still; 0.01 unless told otherwise, which its users do not notice.
    public var heapShare: Double

    /// What `heapShare` may be.
    public static let heapShares = 0.001...0.5

    /// Less would disturb the target.
    public static let leastInterval = Duration.milliseconds(100)

    /// A plan.
    public init(
        subject: Subject, interval: Duration = .seconds(1), duration: Duration? = nil, heap: [HeapTemplate] = [],
        heapShare: Double = 0.01
    ) {
        self.subject = subject
        self.interval = interval
        self.duration = duration
        self.heap = heap
        self.heapShare = heapShare
    }
}
