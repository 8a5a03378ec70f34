/// Whether something grows by a multiple of the connections: by the same amount for each, in two intervals.
///
/// Only what grew in both is the leak. One interval alone shows caches that fill and code that is compiled.
public struct ProportionalGrowth: Hashable, Sendable {
    /// The connections of each interval that went the lifecycle's way.
    public var connections: [Int]

    /// The rule for two intervals of so many connections.
    public init(connections: [Int]) {
        precondition(connections.count == 2 && connections.allSatisfy { $0 > 0 })
        self.connections = connections
    }

    /// Three of something may be anything.
    private static let least = 3.0
    /// By how much of the larger the rates of the intervals may differ.
    private static let tolerance = 0.1

    /// By how much each connection added, in each interval, to what three readings found.
    public func rates(_ counts: [Int]) -> [Double] {
        zip(connections.indices, connections).map { index, connections in
            Double(counts[index + 1] - counts[index]) / Double(connections)
        }
    }

    /// Whether both intervals added some, and the same.
    public func isProportional(_ rates: [Double]) -> Bool {
        let noise = Self.least / Double(connections.min() ?? 1)
        guard let smaller = rates.min(), let larger = rates.max(), smaller >= noise else { return false }
        return larger - smaller <= max(Self.tolerance * larger, noise)
    }

    /// Less than a word is nothing that is kept.
    private static let leastBytes = 8.0

    /// Whether both intervals added bytes, and the same.
    public func isProportionalInBytes(_ rates: [Double]) -> Bool {
        guard let smaller = rates.min(), let larger = rates.max(), smaller >= Self.leastBytes else { return false }
        return larger - smaller <= Self.tolerance * larger
    }
}
