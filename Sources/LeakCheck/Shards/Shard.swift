/// A share of the lifecycles of a check, for machines that each take one.
///
/// Shards are whole lifecycles, each on processes of their own, so that putting them together is a union: no statistics are
/// mixed. Every second, third and so on is taken, because neighbours of the catalogue take about as long.
public struct Shard: Hashable, Sendable, Codable {
    /// Which one it is, from 1.
    public var index: Int
    /// How many there are.
    public var count: Int

    /// The share `index` of `count`; nil unless both are at least 1 and the first is not larger.
    public init?(index: Int, count: Int) {
        guard count >= 1, (1...count).contains(index) else { return nil }
        self.index = index
        self.count = count
    }

    /// Its share of `all`, in their order.
    public func share<Element>(of all: [Element]) -> [Element] {
        all.indices.filter { $0 % count == index - 1 }.map { all[$0] }
    }
}
