import LeakStatistics

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
    var scale: GrowthScale {
        switch self {
        case .descriptors, .threads: .counts
        case .privateMemory: .pages
        }
    }
}
