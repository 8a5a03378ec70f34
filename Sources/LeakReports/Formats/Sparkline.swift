import LeakStatistics

/// The course of one amount as a row of bars, one character for each of its last values.
public struct Sparkline: Sendable {
    private static let bars = Array("▁▂▃▄▅▆▇█")

    private let capacity: Int
    private var values: [Double] = []

    /// A line that remembers the last `capacity` values.
    public init(capacity: Int) {
        precondition(capacity > 0, "a line has room for a value")
        self.capacity = capacity
        values.reserveCapacity(capacity)
    }

    /// Adds the latest value.
    public mutating func append(_ value: Double) {
        if values.count == capacity { values.removeFirst() }
        values.append(value)
    }

    /// The last values, at most `width` of them: the lowest shown is the lowest bar, the highest the highest.
    ///
    /// Values that differ by less than `resolution` are all shown as the lowest: noise must not look like growth.
    public func render(width: Int, resolution: Double = 0) -> String {
        let shown = values.suffix(max(0, width))
        guard let low = shown.min(), let high = shown.max() else { return "" }
        let range = high - low
        let top = Double(Self.bars.count - 1)
        return String(
            shown.map { value in
                range > resolution
                    ? Self.bars[Int(near: min(max(0, (value - low) / range * top), top).rounded())] : Self.bars[0]
            })
    }
}
