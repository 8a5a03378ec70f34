/// The amounts per connection, or other operation, that matter for a verdict on one gauge.
public struct GrowthScale: Hashable, Sendable {
    /// What healthy servers also show over some thousand connections: growth up to here is not called a leak.
    public var effect: Double
    /// Over how many connections they do. It comes from warming up, which ends: over more connections the effect is
    /// smaller for each.
    public var effectConnections = Double.infinity
    /// The effect never falls below this, however many connections there are.
    public var leastEffect = 0.0
    /// The gauge's smallest step.
    public var resolution: Double
    /// When the smallest detectable leak is at most this, further connections are not worth it.
    public var tight: Double
    /// A clean verdict needs that a leak of this size would be detected.
    public var required: Double
    /// Whether freed memory stays in the gauge and is reused, so that a leak can hide in it.
    public var isReused = false
    /// By how much at most a target grows that warms up, as caches fill.
    public var warmUp = 1_048_576.0
    /// By how much more for each connection that it held at a time, as tables grow with them and stay as large.
    public var warmUpPerConnection = 256.0
    /// What two readings at rest may differ by in all without a leak: an allocator's caches of a thread, which count as live,
    /// hold now more, now less.
    public var restNoise = 32_768.0

    /// Counts are exact. A leak of one in 250 connections is detected; a clean verdict needs one in 50 to be.
    public static let counts = GrowthScale(
        effect: 0.004, resolution: 1, tight: 0.005, required: 0.02, warmUp: 0, warmUpPerConnection: 0, restNoise: 0)
    /// Healthy servers were measured at up to 34 bytes per connection over 10,000, nine standard errors from nothing.
    /// Pages are the step.
    public static let pages = GrowthScale(
        effect: 48, effectConnections: 10_000, leastEffect: 16, resolution: 4096, tight: 64, required: 512,
        isReused: true)
    /// The same without what is free in the allocators, so that freed memory shows at once.
    public static let inUse = GrowthScale(
        effect: 48, effectConnections: 10_000, leastEffect: 16, resolution: 4096, tight: 64, required: 512)
    /// After a collection a runtime still holds some kilobytes more than before, and a compiler at work some hundred; spread
    /// over thousands of connections that is little.
    public static let liveHeap = GrowthScale(effect: 16, resolution: 16, tight: 32, required: 512)
    /// The allocator's own account is exact to the block.
    public static let allocations = GrowthScale(effect: 8, resolution: 16, tight: 16, required: 64)

    /// Blocks are counted, and an interpreter that warms up fills its caches with some two hundred more over a thousand
    /// connections and ever fewer later. An object that stays is one or more; of one that few connections leave, the bytes tell.
    public static let blocks = GrowthScale(
        effect: 0.2, effectConnections: 1000, leastEffect: 0.01, resolution: 1, tight: 0.1, required: 0.5, warmUp: 1000,
        warmUpPerConnection: 0, restNoise: 0)

    /// The scale where `amount` more for each connection is explained by something else, and called no leak.
    public func allowing(_ amount: Double) -> GrowthScale {
        var scale = self
        scale.effect += amount
        scale.leastEffect += amount
        return scale
    }

    /// Growth per connection that is not called a leak, judged over so many connections.
    public func effect(over connections: Double) -> Double {
        min(effect, max(leastEffect, effect * effectConnections / connections))
    }
}
