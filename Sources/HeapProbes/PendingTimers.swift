/// Timers that a program has set and that have not fired: how many are due within how many whole seconds.
///
/// What a connection leaves may hang on one: it is kept until the timer fires, and is no leak. One that repeats is left out,
/// as it never ends.
public struct PendingTimers: Hashable, Sendable {
    /// The number of timers, by the whole seconds, rounded up, after which they are due.
    public private(set) var counts: [Int: Int] = [:]

    /// No timer.
    public init() {}

    /// Reads lines such as `45 1200`: seconds and how many; nil for any other text.
    init?(_ text: some StringProtocol) {
        for line in text.split(separator: "\n") {
            let numbers = line.split(separator: " ").map { Int($0) }
            guard numbers.count == 2, let seconds = numbers[0], let count = numbers[1], seconds >= 0, count >= 0 else {
                return nil
            }
            add(count, dueIn: seconds)
        }
    }

    /// Adds timers that are due within so many seconds.
    public mutating func add(_ count: Int, dueIn seconds: Int) {
        guard count > 0 else { return }
        counts[seconds] = (counts[seconds] ?? 0).addingReportingOverflow(count).partialValue
    }

    /// The timers of several processes together.
    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        for (seconds, count) in right.counts { sum.add(count, dueIn: seconds) }
        return sum
    }

    /// How many there are.
    public var total: Int { counts.values.reduce(0) { $0.addingReportingOverflow($1).partialValue } }
}
