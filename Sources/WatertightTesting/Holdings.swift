import Glibc
import ProcessResources

/// What this process holds, distinguished by identity, with the block of runs in which each was first seen.
///
/// What is closed is forgotten, so what others open and close again never adds up.
struct Holdings {
    private let reader: ProcessReader
    private let tracker: ObjectTracker
    private var descriptors = HeldDescriptors()
    private var threads: [Int32: Int] = [:]
    private var objects: [Int: Int] = [:]
    /// Bytes allocated and not freed.
    private(set) var heapBytes = 0

    /// How much the heap of a process at rest varies between two readings.
    private static let restingBytes = 512
    /// The block of what was there at the beginning.
    static let before = -2
    /// The block of the runs that warm up.
    static let warmUp = -1

    init(tracker: ObjectTracker) throws {
        self.tracker = tracker
        reader = try ProcessReader(pid: getpid())
        // So that a growing table does not look like a growing heap.
        threads.reserveCapacity(256)
    }

    /// Reads the process; what is new belongs to `block`. Returns whether anything has changed since the last reading.
    mutating func read(block: Int) throws -> Bool {
        var hasChanged = false
        hasChanged = descriptors.update(try reader.descriptorIdentities(), block: block)
        Self.update(&threads, try reader.threadIDs(), block, &hasChanged)
        let alive = tracker.alive()
        hasChanged = hasChanged || alive != objects
        objects = alive
        let bytes = OwnHeap.current().liveBytes
        hasChanged = hasChanged || abs(bytes - heapBytes) > Self.restingBytes
        heapBytes = bytes
        return hasChanged
    }

    static func update<Key: Hashable>(
        _ known: inout [Key: Int], _ present: some Sequence<Key>, _ block: Int, _ hasChanged: inout Bool
    ) {
        var (kept, count) = (0, 0)
        for key in present {
            count += 1
            if known[key] != nil {
                kept += 1
            } else {
                known[key] = block
                hasChanged = true
            }
        }
        if kept < known.count - (count - kept) {
            hasChanged = true
            let present = Set(present)
            known = known.filter { present.contains($0.key) }
        }
    }

    /// How many threads the process has.
    var threadCount: Int { threads.count }

    /// Whether more than three quarters of the allowed descriptors are open.
    var isShortOfDescriptors: Bool {
        guard let limit = try? reader.openFileLimit().soft else { return false }
        return descriptors.count > limit / 4 * 3
    }

    /// How many were first seen in each block and are still held; none of memory, which has no parts.
    func held(_ resource: LeakedResource) -> [Int: Int] {
        switch resource {
        case .descriptors: descriptors.counts
        case .threads: Self.counts(threads)
        case .objects: objects
        case .heap: [:]
        }
    }

    private static func counts<Key>(_ known: [Key: Int]) -> [Int: Int] {
        known.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// What was first seen in one of `blocks` and is still held, as evidence.
    func leftOvers(_ resource: LeakedResource, in blocks: Range<Int>) throws -> [LeftOver] {
        switch resource {
        case .descriptors:
            let left = descriptors.among(try reader.openDescriptors(), in: blocks)
            return LeftOver.sorted(left.map { (Self.sort($0), Self.example($0)) })
        case .threads:
            let left = try reader.threadList().filter { threads[$0.id].map(blocks.contains) ?? false }
            return LeftOver.sorted(left.map { ("thread \"\($0.name)\"", nil) })
        case .objects: return LeftOver.sorted(tracker.aliveTypes(in: blocks).map { ("\($0) alive", nil) })
        case .heap: return []
        }
    }

    private static func sort(_ descriptor: OpenDescriptor) -> String {
        switch descriptor.tcpState {
        case nil: "\(descriptor.kind)"
        case .unlisted?: "socket without a connection (UNLISTED)"
        case let state?: "socket in \(state)"
        }
    }

    private static func example(_ descriptor: OpenDescriptor) -> String? {
        if let tcp = descriptor.tcp { return "\(tcp.local) to \(tcp.remote)" }
        return descriptor.kind == .file || descriptor.kind == .device ? descriptor.target : nil
    }
}
