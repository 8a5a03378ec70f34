import LeakStatistics

/// All that a tracker has recorded.
public struct LeakSummary: Hashable, Sendable, Codable, CustomStringConvertible {
    /// From the tracker's beginning to its end, in seconds.
    public var durationSeconds: Double
    /// The snapshots in order; if there were too many, the first and the latest.
    public var snapshots: [ResourceSnapshot]
    /// Snapshots that were dropped.
    public var droppedSnapshots: Int
    /// Operations timed, by name.
    public var timings: [OperationTiming]
    /// The violations, in order.
    public var violations: [LeakViolation]
    /// Violations that were dropped.
    public var droppedViolations: Int
    /// How each resource developed.
    public var growth: [GrowthAnalysis]
    /// How often the background sampler has read the process.
    public var backgroundSamples: Int
    /// Why the process can no longer be read; nil while it can.
    public var lost: String?

    /// For people: growth, timings and violations, a line each.
    public var description: String {
        var lines = ["\(snapshots.count) snapshots in \((durationSeconds * 100).rounded() / 100) s"]
        for growth in growth {
            var line =
                "\(growth.resource.rawValue): grew by \(growth.total), peak \(growth.peak), \(growth.verdict.rawValue)"
            if let perOperation = growth.perOperation, let interval = growth.interval {
                let numbers = [perOperation, interval.lowerBound, interval.upperBound].map {
                    "\(($0 * 1000).rounded() / 1000)"
                }
                line += ", \(numbers[0]) per operation (99% interval \(numbers[1]) to \(numbers[2]))"
            }
            if growth.leakSuspected { line += ", beyond the threshold" }
            lines.append(line)
        }
        lines += timings.map(\.description)
        lines += violations.map(\.description)
        if droppedViolations > 0 { lines.append("and \(droppedViolations) more violations") }
        if let lost { lines.append("the process was lost: \(lost)") }
        return lines.joined(separator: "\n")
    }
}
