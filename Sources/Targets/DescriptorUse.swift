/// What the process with the least room has open, and may have.
package struct DescriptorUse: Hashable, Sendable {
    /// Its open descriptors.
    package var count: Int
    /// Its soft limit.
    package var limit: Int

    /// What it has, and may have.
    package init(count: Int, limit: Int) {
        self.count = count
        self.limit = limit
    }

    /// How much of the limit is used, 0 to 1.
    package var share: Double { Double(count) / Double(max(1, limit)) }
}
