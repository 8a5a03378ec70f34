public import Remedies

/// Reads, exactly and free of garbage, what a target holds.
///
/// One probe belongs to one target for as long as that is measured. It is used by one task at a time.
public protocol HeapProbe: Sendable {
    /// What it reads, in the order in which it is shown.
    var gauges: [HeapGauge] { get }
    /// Whether its live heap is what the allocators of the processes hold, so that they hold nothing beside it.
    var coversAllocators: Bool { get }
    /// Where its readings come from, in words, for the report.
    var source: String { get }
    /// What it does not read of the target, and what to do; nil where there is nothing.
    var remark: Problem? { get }
    /// The levels now, one for each of `gauges`, in bytes for a live heap; collects garbage first where the target has a
    /// collector.
    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double]
    /// By process, what is known of its memory beside its allocator, as it was at the last reading. A process of which nothing is
    /// known is left out.
    var besideAllocators: [Int32: MemoryBeside] { get async }
    /// The timers that are set in the target now; nil where the probe does not know them.
    func pendingTimers() async -> PendingTimers?
    /// Lets go of the target; no reading may follow.
    func close() async
}

extension HeapProbe {
    /// A collected heap has memory of its own.
    public var coversAllocators: Bool { false }
    /// What a probe says that reads all it can.
    public var remark: Problem? { nil }
    /// What a probe says that knows nothing of mappings.
    public var besideAllocators: [Int32: MemoryBeside] { get async { [:] } }
    /// What a probe says that knows of no timers.
    public func pendingTimers() async -> PendingTimers? { nil }
}

/// What a probe's readings mean.
public enum HeapGauge: Hashable, Sendable {
    /// The bytes that are in use.
    case liveBytes
    /// The number of something that the user has named.
    case count(String)

    /// The number of allocated blocks.
    static let blocks = HeapGauge.count("blocks")
    /// The number of goroutines.
    static let goroutines = HeapGauge.count("goroutines")
}

/// A probe that could not be opened, or a reading that failed.
public struct HeapProbeFailure: Error, Hashable, Sendable, Problematic, CustomStringConvertible {
    /// What went wrong and what to do.
    public let problem: Problem
    /// What went wrong.
    public var description: String { problem.description }

    init(_ problem: Problem) { self.problem = problem }
}
