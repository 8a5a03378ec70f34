import Environments
import LeakStatistics
import ProcessResources

/// What a tracker has recorded, in bounded memory that is reserved at the start.
struct TrackerRecord {
    private var stored: [StoredSnapshot] = []
    /// The kinds of descriptor that were seen, in the order of their counts in each snapshot.
    private var kinds: [DescriptorKind] = []
    private(set) var violations: [LeakViolation] = []
    private(set) var peaks: [TrackedResource: Int] = [:]
    var operations = 0
    var backgroundSamples = 0
    var lost: String?
    private var timings: [String: OperationTiming] = [:]
    private var droppedSnapshots = 0
    private var droppedViolations = 0
    private var reportedGrowth = 0

    private static let maximumSnapshots = 2048
    private static let maximumViolations = 256
    private static let maximumOperations = 256

    init() {
        stored.reserveCapacity(Self.maximumSnapshots)
        kinds.reserveCapacity(StoredSnapshot.maximumKinds)
        violations.reserveCapacity(Self.maximumViolations)
    }

    /// Keeps the first half, and drops the oldest of the second.
    mutating func append(_ snapshot: ResourceSnapshot) {
        if stored.count == Self.maximumSnapshots {
            stored.remove(at: Self.maximumSnapshots / 2)
            droppedSnapshots += 1
        }
        stored.append(StoredSnapshot(snapshot, kinds: &kinds))
        for resource in TrackedResource.allCases {
            if let level = snapshot[resource] { raise(resource, level) }
        }
    }

    var firstResidentBytes: Int? { stored.first?.residentBytes }

    private var snapshots: [ResourceSnapshot] {
        stored.map { $0.snapshot(since: firstResidentBytes ?? 0, kinds: kinds) }
    }

    mutating func append(_ violation: LeakViolation) {
        guard violations.count < Self.maximumViolations else { return droppedViolations += 1 }
        violations.append(violation)
    }

    mutating func raise(_ resource: TrackedResource, _ level: Int) {
        peaks[resource] = max(peaks[resource] ?? level, level)
    }

    /// Growth since the first snapshot that is a violation: beyond the threshold, and once for each further threshold.
    mutating func newMemoryGrowth(beyond threshold: Int, _ snapshot: ResourceSnapshot) -> Int {
        guard snapshot.residentDeltaBytes > reportedGrowth + threshold else { return 0 }
        reportedGrowth = snapshot.residentDeltaBytes
        return snapshot.residentDeltaBytes
    }

    /// How often the operation has exceeded its limit, this time included.
    @discardableResult
    mutating func addTiming(_ operation: String, _ duration: Duration, _ limit: Duration?) -> Int {
        guard timings[operation] != nil || timings.count < Self.maximumOperations else { return 0 }
        timings[operation, default: OperationTiming(operation)].add(duration, limit: limit)
        return timings[operation]?.exceededCount ?? 0
    }

    func growth(_ limits: EnvironmentLimits) -> [GrowthAnalysis] {
        let snapshots = snapshots
        return TrackedResource.allCases.compactMap { resource in
            let points = snapshots.compactMap { snapshot in
                snapshot[resource].map {
                    GrowthSeries.Point(connections: Double(snapshot.operations), level: Double($0))
                }
            }
            return GrowthAnalysis(
                resource, points: points, highest: peaks[resource] ?? 0,
                threshold: resource.isMemory ? limits.memoryGrowthThresholdBytes : limits.managersThatMayRemain)
        }
    }

    func summary(_ limits: EnvironmentLimits, durationSeconds: Double) -> LeakSummary {
        LeakSummary(
            durationSeconds: durationSeconds, snapshots: snapshots, droppedSnapshots: droppedSnapshots,
            timings: timings.values.sorted { $0.operation < $1.operation }, violations: violations,
            droppedViolations: droppedViolations, growth: growth(limits), backgroundSamples: backgroundSamples,
            lost: lost)
    }
}

/// A snapshot as it is stored: in place, because allocations would count as growth of the process.
private struct StoredSnapshot {
    static let maximumKinds = 16

    let label: String
    let elapsedSeconds: Double
    let operations: Int
    let managers: ManagerCounts?
    let residentBytes: Int
    let privateBytes: Int
    let liveHeapBytes: Int?
    let threads: Int
    private var descriptors = InlineArray<16, Int32>(repeating: 0)

    init(_ snapshot: ResourceSnapshot, kinds: inout [DescriptorKind]) {
        label = snapshot.label
        elapsedSeconds = snapshot.elapsedSeconds
        operations = snapshot.operations
        managers = snapshot.managers
        residentBytes = snapshot.residentBytes
        privateBytes = snapshot.privateBytes
        liveHeapBytes = snapshot.liveHeapBytes
        threads = snapshot.threads
        for (kind, count) in snapshot.descriptors.byKind {
            var index = kinds.firstIndex(of: kind)
            if index == nil, kinds.count < Self.maximumKinds - 1 {
                kinds.append(kind)
                index = kinds.count - 1
            }
            // The last place is for kinds that do not fit.
            descriptors[index ?? Self.maximumKinds - 1] += Int32(clamping: count)
        }
    }

    func snapshot(since firstResidentBytes: Int, kinds: [DescriptorKind]) -> ResourceSnapshot {
        var byKind: [DescriptorKind: Int] = [:]
        for (index, kind) in kinds.enumerated() where descriptors[index] > 0 { byKind[kind] = Int(descriptors[index]) }
        let rest = Int(descriptors[Self.maximumKinds - 1])
        if rest > 0 { byKind[.other, default: 0] += rest }
        return ResourceSnapshot(
            label: label, elapsedSeconds: elapsedSeconds, operations: operations, managers: managers,
            cleanupPercent: managers?.cleanupPercent, residentBytes: residentBytes,
            residentDeltaBytes: residentBytes - firstResidentBytes, privateBytes: privateBytes,
            liveHeapBytes: liveHeapBytes, descriptors: DescriptorCounts(byKind: byKind), threads: threads)
    }
}
