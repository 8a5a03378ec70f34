/// The amounts per connection, or other operation, that matter for a verdict on one gauge.
public struct GrowthScale: Hashable, Sendable {
    /// What healthy servers show too over some thousand connections: growth up to here is not called a leak.
    public var effect: Double
    /// Over how many connections they do. It is what warming up still adds, which has an end: over more connections the
    /// effect is a smaller amount for each.
    public var effectConnections = Double.infinity
    /// Below this it does not fall, over however many connections.
    public var leastEffect = 0.0
    /// The gauge's smallest step.
    public var resolution: Double
    /// When the smallest detectable leak is at most this, further connections are not worth it.
    public var tight: Double
    /// Clean is said only if a leak of this size would have been seen.
    public var required: Double
    /// Whether what is freed stays in the gauge and is used again, so that a leak can hide in it.
    public var isReused = false

    /// Counts are exact. A leak of one in 250 connections is still told; one in 50 must be, for a clean verdict.
    public static let counts = GrowthScale(effect: 0.004, resolution: 1, tight: 0.005, required: 0.02)
    /// Healthy servers were measured at up to 34 bytes per connection over 10,000, nine standard errors from nothing. Pages
    /// are the step.
    public static let pages = GrowthScale(
        effect: 48, effectConnections: 10_000, leastEffect: 16, resolution: 4096, tight: 64, required: 512,
        isReused: true)
    /// The same without what is free in the allocators, so that what is freed is seen at once.
    public static let inUse = GrowthScale(
        effect: 48, effectConnections: 10_000, leastEffect: 16, resolution: 4096, tight: 64, required: 512)
    /// After a collection a runtime still holds some kilobytes that it did not before; of thousands of connections that is
    /// little.
    public static let liveHeap = GrowthScale(effect: 16, resolution: 16, tight: 32, required: 64)
    /// The allocator's own account is exact to the block.
    public static let allocations = GrowthScale(effect: 8, resolution: 16, tight: 16, required: 64)

    /// Growth per connection that is not called a leak, judged over so many connections.
    public func effect(over connections: Double) -> Double {
        min(effect, max(leastEffect, effect * effectConnections / connections))
    }
}
