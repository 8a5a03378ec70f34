public import LeakStatistics

/// A gauge of the target's own.
public struct ProbeSource: Hashable, Sendable, Codable {
    /// What it reads.
    public var resource: Resource
    /// Where its readings come from, in words.
    public var source: String
    /// Whether a reading may be seconds old; nil as no.
    public var mayLag: Bool?
    /// Whether a live heap is what the allocators of the processes hold; nil as no.
    public var coversAllocators: Bool?

    /// A probe of `resource`.
    public init(resource: Resource, source: String, mayLag: Bool? = nil, coversAllocators: Bool? = nil) {
        self.resource = resource
        self.source = source
        self.mayLag = mayLag
        self.coversAllocators = coversAllocators
    }
}
