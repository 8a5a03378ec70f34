import SystemCalls

/// How long the runs of one operation took.
public struct OperationTiming: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The operation's name.
    public var operation: String
    /// How often it ran.
    public private(set) var count = 0
    /// The mean, in seconds.
    public private(set) var meanSeconds = 0.0
    /// The longest, in seconds.
    public private(set) var maximumSeconds = 0.0
    /// The 95th percentile of the last thousand runs, in seconds.
    public var percentile95Seconds: Double {
        let sorted = recent.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * 95 / 100)]
    }
    /// The limit that was given last, in seconds.
    public private(set) var limitSeconds: Double?
    /// Runs that took longer than their limit.
    public private(set) var exceededCount = 0
    private var recent: [Double] = []
    private var next = 0

    private static let maximumRecent = 1000

    init(_ operation: String) {
        self.operation = operation
        recent.reserveCapacity(Self.maximumRecent)
    }

    mutating func add(_ duration: Duration, limit: Duration?) {
        let seconds = duration.inSeconds
        count += 1
        meanSeconds += (seconds - meanSeconds) / Double(count)
        maximumSeconds = max(maximumSeconds, seconds)
        if let limit {
            limitSeconds = limit.inSeconds
            if duration > limit { exceededCount += 1 }
        }
        if recent.count < Self.maximumRecent {
            recent.append(seconds)
        } else {
            recent[next] = seconds
            next = (next + 1) % Self.maximumRecent
        }
    }

    /// One line, with the limit if there is one.
    public var description: String {
        func text(_ seconds: Double) -> String { "\((seconds * 10_000).rounded() / 10) ms" }
        var line =
            "\(operation): \(count) x, mean \(text(meanSeconds)), 95% below \(text(percentile95Seconds)), "
            + "longest \(text(maximumSeconds))"
        if let limitSeconds { line += ", limit \(text(limitSeconds)), \(exceededCount) beyond it" }
        return line
    }

    private enum CodingKeys: CodingKey {
        case operation, count, meanSeconds, maximumSeconds, percentile95Seconds, limitSeconds, exceededCount
    }

    /// Writes the figures, the percentile included.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(operation, forKey: .operation)
        try container.encode(count, forKey: .count)
        try container.encode(meanSeconds, forKey: .meanSeconds)
        try container.encode(maximumSeconds, forKey: .maximumSeconds)
        try container.encode(percentile95Seconds, forKey: .percentile95Seconds)
        try container.encodeIfPresent(limitSeconds, forKey: .limitSeconds)
        try container.encode(exceededCount, forKey: .exceededCount)
    }

    /// Reads the figures; the percentile stands for the runs that it was taken from.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        operation = try container.decode(String.self, forKey: .operation)
        count = try container.decode(Int.self, forKey: .count)
        meanSeconds = try container.decode(Double.self, forKey: .meanSeconds)
        maximumSeconds = try container.decode(Double.self, forKey: .maximumSeconds)
        limitSeconds = try container.decodeIfPresent(Double.self, forKey: .limitSeconds)
        exceededCount = try container.decode(Int.self, forKey: .exceededCount)
        recent = [try container.decode(Double.self, forKey: .percentile95Seconds)]
    }
}
