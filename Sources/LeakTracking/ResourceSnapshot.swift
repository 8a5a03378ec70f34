import LeakStatistics
public import ProcessResources

/// What a process held at one moment of a test, under a label.
public struct ResourceSnapshot: Hashable, Sendable, Codable {
    /// What the test calls the moment.
    public var label: String
    /// Seconds since the tracker began.
    public var elapsedSeconds: Double
    /// Operations done so far, by the tracker's count.
    public var operations: Int
    /// The managers, if the tracker knows any.
    public var managers: ManagerCounts?
    /// The percentage of created managers that have ended.
    public var cleanupPercent: Double?
    /// Pages in memory (RSS), in bytes.
    public var residentBytes: Int
    /// The same since the tracker began.
    public var residentDeltaBytes: Int
    /// Pages of this process alone that it has written to, in bytes.
    public var privateBytes: Int
    /// Bytes allocated and not freed; nil for another process.
    public var liveHeapBytes: Int?
    /// Descriptors by kind.
    public var descriptors: DescriptorCounts
    /// Threads.
    public var threads: Int

    /// The level of one resource; nil if it was not read.
    public subscript(resource: TrackedResource) -> Int? {
        switch resource {
        case .managers: managers?.active
        case .descriptors: descriptors.total
        case .threads: threads
        case .residentMemory: residentBytes
        case .privateMemory: privateBytes
        case .liveHeap: liveHeapBytes
        }
    }
}

/// What a tracker follows.
public enum TrackedResource: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Active managers.
    case managers
    /// Open descriptors.
    case descriptors
    /// Threads.
    case threads
    /// Pages in memory, in bytes.
    case residentMemory
    /// Pages that the process alone has written to, in bytes.
    case privateMemory
    /// Bytes allocated and not freed, of our own process.
    case liveHeap

    /// Whether it is counted in bytes.
    public var isMemory: Bool {
        switch self {
        case .managers, .descriptors, .threads: false
        case .residentMemory, .privateMemory, .liveHeap: true
        }
    }

    /// How growth of it is judged.
    var scale: GrowthScale {
        switch self {
        case .managers, .descriptors, .threads: .counts
        case .residentMemory, .privateMemory: .pages
        case .liveHeap: .allocations
        }
    }
}
