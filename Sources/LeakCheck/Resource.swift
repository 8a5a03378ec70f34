/// What a connection can leave behind.
public enum Resource: String, Hashable, Sendable, Codable, CaseIterable {
    /// Open descriptors.
    case descriptors
    /// Threads.
    case threads
    /// Private dirty memory, swap included.
    case privateMemory

    /// The unit of amounts of it.
    public var unit: String {
        switch self {
        case .descriptors: "descriptors"
        case .threads: "threads"
        case .privateMemory: "bytes"
        }
    }

    /// How amounts of it are judged.
    var scale: Scale {
        switch self {
        // Counts are exact. A leak of one in 250 connections is still told; one in 50 must be, for a clean verdict.
        case .descriptors, .threads: Scale(effect: 0.004, resolution: 1, tight: 0.005, required: 0.02)
        // Healthy servers were measured at up to 34 bytes per connection, nine standard errors from nothing.
        case .privateMemory: Scale(effect: 48, resolution: 4096, tight: 64, required: 512)
        }
    }

    /// The amounts per connection that matter for a verdict.
    struct Scale {
        /// What healthy servers show too: growth up to here is not called a leak.
        var effect: Double
        /// The gauge's smallest step.
        var resolution: Double
        /// A row whose smallest detectable leak is at most this needs no further connections.
        var tight: Double
        /// A row is called clean only if a leak of this size would have been seen.
        var required: Double
    }
}
