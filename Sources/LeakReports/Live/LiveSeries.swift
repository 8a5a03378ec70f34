/// Amounts over time in bounded memory, for plots that grow.
struct LiveSeries: Sendable {
    private(set) var points: [(seconds: Double, level: Double)] = []

    /// So many points are kept; beyond it every second one goes.
    static let capacity = 240

    mutating func append(seconds: Double, level: Double) {
        points.append((seconds, level))
        Self.thin(&points) { _ in false }
    }

    /// Drops every second of `elements` where they are too many, but for the first, the last and those that are `kept`.
    static func thin<Element>(_ elements: inout [Element], kept: (Element) -> Bool) {
        guard elements.count > capacity else { return }
        let last = elements.count - 1
        elements = elements.enumerated().filter { $0 % 2 == 0 || $0 == last || kept($1) }.map(\.element)
    }
}
