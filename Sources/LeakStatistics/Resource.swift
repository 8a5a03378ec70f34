/// What a connection can leave behind.
public struct Resource: RawRepresentable, Hashable, Sendable, Codable {
    /// The name under which reports, records and lists of known leaks have it.
    public let rawValue: String

    /// A resource by its name; a name that is not declared below is a gauge of the user's.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Open descriptors.
    public static let descriptors = Resource(rawValue: "descriptors")
    /// Threads.
    public static let threads = Resource(rawValue: "threads")
    /// Private dirty memory, swap included.
    public static let privateMemory = Resource(rawValue: "privateMemory")
    /// What is in use on the heap after a collection, as a probe reads it.
    public static let liveHeap = Resource(rawValue: "liveHeap")

    /// Allocated blocks after a collection, as CPython counts them.
    public static let blocks = Resource(rawValue: "blocks")
    /// Live objects after a collection, as Ruby counts them.
    public static let objects = Resource(rawValue: "objects")
    /// Memory in RAM, shared pages included; only where nothing tells more, as in what Prometheus has of a process.
    package static let residentMemory = Resource(rawValue: "residentMemory")
    /// Goroutines of a Go program.
    public static let goroutines = Resource(rawValue: "goroutines")

    /// What every target is read for.
    public static let ofEveryTarget: [Resource] = [.descriptors, .threads, .privateMemory]

    /// Whether amounts of it are bytes.
    public var isMemory: Bool { self == .privateMemory || self == .liveHeap || self == .residentMemory }

    /// The unit of amounts of it.
    public var unit: String { isMemory ? "bytes" : rawValue }

    /// How amounts of it are judged.
    package var scale: GrowthScale {
        switch self {
        case .privateMemory, .residentMemory: .pages
        case .liveHeap: .liveHeap
        case .blocks, .objects: .blocks
        default: .counts
        }
    }
}
