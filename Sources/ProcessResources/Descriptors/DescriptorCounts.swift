/// How many descriptors of each kind a process holds.
public struct DescriptorCounts: Sendable, Hashable, Codable {
    /// The number of descriptors by kind; kinds without any are absent.
    public var byKind: [DescriptorKind: Int]

    /// All of them.
    public var total: Int { byKind.values.reduce(0, +) }

    /// Joins counts.
    public init(byKind: [DescriptorKind: Int] = [:]) { self.byKind = byKind }

    /// The number of descriptors of `kind`, 0 without any.
    public subscript(kind: DescriptorKind) -> Int { byKind[kind] ?? 0 }

    /// Adds the descriptors of two processes; one inherited by both is held by both.
    public static func + (left: DescriptorCounts, right: DescriptorCounts) -> DescriptorCounts {
        DescriptorCounts(byKind: left.byKind.merging(right.byKind, uniquingKeysWith: +))
    }
}
