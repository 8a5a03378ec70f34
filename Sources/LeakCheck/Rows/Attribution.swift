import LeakStatistics
import Targets

/// A row's readings without what another resource accounts for, so that one defect is not reported twice: of private memory,
/// what leaked threads and goroutines need, what is left on the heap, and what is free inside the allocator; of the heap, what
/// leaked threads and goroutines need.
struct Attribution {
    /// What a thread needs in order to exist: stack pages and control block, and on the heap the table of its thread-local
    /// storage, one block that grows with the libraries loaded; of Ruby the object that stands for it.
    static let ofThread: [Resource: Double] = [.privateMemory: 16_384, .liveHeap: 1024, .blocks: 1, .objects: 1]
    /// What a goroutine needs in order to exist: its stack; and on the heap its record, its function and what it waits for.
    static let ofGoroutine: [Resource: Double] = [.privateMemory: 8192, .liveHeap: 1024]

    /// What the tables in which a process keeps its descriptors may gain by an entry, in bytes. They grow by doubling, so that
    /// a drive which doubles them shows some entries twice.
    static let ofDescriptor: [Resource: Double] = [.privateMemory: 32, .liveHeap: 32]

    /// What a collector may need outside of its heap for each byte that stays in it: marks, remembered sets, records of its
    /// pages. V8 takes 5 to 8 hundredths.
    static let outsideHeap = 0.1

    private let row: RowMeasurement
    private let rules: RowJudge.Rules
    private var resources: [Resource] { rules.resources }

    /// The readings of `row`, judged by `rules`.
    init(_ row: RowMeasurement, _ rules: RowJudge.Rules) {
        self.row = row
        self.rules = rules
    }

    /// How private memory is read: as the kernel counts it; without what is free in the allocators; where a collected heap is
    /// read by itself, as what is allocated outside of it; or, where a probe reads what the allocators hold, as the rest.
    private enum MemoryGauge { case pages, inUse, outsideHeap, outsideAllocators }

    private var memoryGauge: MemoryGauge {
        guard row.samples.first?.allocator != nil else { return .pages }
        guard resources.contains(.liveHeap) else { return .inUse }
        // Before the collector, which may be a launcher's.
        return rules.heapCoversAllocators ? .outsideAllocators : rules.usesTracingGC ? .outsideHeap : .inUse
    }

    /// Whether private memory is read without a heap that a probe reads.
    var excludesHeap: Bool { memoryGauge == .outsideHeap }

    /// How amounts of a resource are judged here.
    func scale(_ resource: Resource) -> GrowthScale {
        var scale: GrowthScale =
            switch resource {
            case .privateMemory where memoryGauge != .pages: .inUse
            case .liveHeap where rules.heapCoversAllocators: .allocations
            default: resource.scale
            }
        if let entry = Self.ofDescriptor[resource], let descriptors = suspect(.descriptors) {
            scale = scale.allowing(entry * descriptors.floor.perConnection)
        }
        if resource == .privateMemory, excludesHeap, let heap = suspect(.liveHeap) {
            scale = scale.allowing(Self.outsideHeap * heap.floor.perConnection)
        }
        return scale
    }

    /// What was read of private memory, one for each sample; nil where a sample has no such reading.
    private var memory: [GrowthSeries.Point?] {
        let gauge = memoryGauge
        return row.samples.map { sample in
            let level: Int? =
                switch gauge {
                case .pages: sample.privateMemory
                case .inUse: sample.allocator.map { sample.privateMemory - $0.freeBytes }
                case .outsideHeap: sample.allocator?.liveBytes
                case .outsideAllocators:
                    sample.allocator.map { sample.privateMemory - $0.freeBytes - $0.liveBytes }
                }
            return level.map { GrowthSeries.Point(connections: Double(sample.connections), level: Double($0)) }
        }
    }

    /// The readings of a resource, one for each sample; nil where a sample has none.
    func readings(_ resource: Resource) -> [GrowthSeries.Point?] {
        let own = resource == .privateMemory ? memory : row.readings(resource)
        var readings = charging(Self.ofThread[resource], per: .threads, to: own)
        guard resource != .privateMemory || memoryGauge == .pages || memoryGauge == .inUse else { return readings }
        readings = charging(Self.ofGoroutine[resource], per: .goroutines, to: readings)
        return resource == .privateMemory ? charging(1, per: .liveHeap, to: readings) : readings
    }

    /// The readings without `amount` for each unit of another resource that grows like a leak.
    private func charging(
        _ amount: Double?, per other: Resource, to readings: [GrowthSeries.Point?]
    ) -> [GrowthSeries.Point?] {
        guard let amount, let other = suspect(other)?.floor else { return readings }
        let series = GrowthSeries(readings.compactMap { $0 })
        var rest = series.charging(amount, perUnitOf: Self.aligned(other, to: series)).points.makeIterator()
        return readings.map { $0 == nil ? nil : rest.next() }
    }

    /// The levels of `other` at the readings of `series`.
    private static func aligned(_ other: GrowthSeries, to series: GrowthSeries) -> GrowthSeries {
        GrowthSeries(
            series.points.map { .init(connections: $0.connections, level: other.level(at: $0.connections)) })
    }

    /// Bytes that may have been free inside the process at the first reading, and be used before the gauge shows it; 0 for
    /// gauges that are exact.
    func room(_ resource: Resource) -> Double {
        guard resource == .privateMemory, let first = row.samples.first else { return 0 }
        switch memoryGauge {
        case .pages: return Double(first.privateMemory)
        case .inUse, .outsideAllocators:
            return Double(max(0, (first.allocator?.roomBytes ?? 0) - (first.allocator?.freeBytes ?? 0)))
        case .outsideHeap: return 0
        }
    }

    /// Whether a pause gave back descriptors or threads that had grown: the memory that goes with them may be kept by the
    /// allocator, and more of it taken when more is kept at a time.
    var countsWereReleased: Bool {
        [Resource.descriptors, .threads].contains { resource in
            resources.contains(resource)
                && Troughs(Course(row.readings(resource), troughs: row.troughs), resource.scale).hasReleased
        }
    }

    /// The series of a resource when it is judged and grows like a leak.
    private func suspect(_ resource: Resource) -> GrowthSeries? {
        guard resources.contains(resource) else { return nil }
        let series = row.series(resource)
        return RowJudge.judgment(series, resource.scale).assessment == .suspect ? series : nil
    }
}
