import LeakStatistics

/// A row's readings without what another resource accounts for, so that one defect is not reported twice: of private memory,
/// what leaked threads need, what is left on the heap, and what is free inside the allocator.
struct Attribution {
    /// Memory that a thread needs in order to exist, stack pages and control block.
    static let bytesPerThread = 16_384.0

    private let row: RowMeasurement
    private let resources: [Resource]

    /// The readings of `row`, in which `resources` are judged.
    init(_ row: RowMeasurement, _ resources: [Resource]) {
        self.row = row
        self.resources = resources
    }

    /// Whether private memory is read without a heap that a probe reads.
    var excludesHeap: Bool { false }

    /// The readings of a resource, one for each sample; nil where a sample has none.
    func readings(_ resource: Resource) -> [GrowthSeries.Point?] {
        guard resource == .privateMemory else { return row.readings(resource) }
        var memory = row.series(resource)
        if let threads = suspect(.threads) { memory = memory.charging(Self.bytesPerThread, perUnitOf: threads.floor) }
        if let heap = suspect(.liveHeap)?.floor {
            let levels = memory.points.map {
                GrowthSeries.Point(connections: $0.connections, level: heap.level(at: $0.connections))
            }
            memory = memory.charging(1, perUnitOf: GrowthSeries(levels))
        }
        return memory.points
    }

    /// Bytes that may have been free inside the process at the first reading; 0 for gauges that are exact.
    func room(_ resource: Resource) -> Double {
        guard resource.scale.isReused else { return 0 }
        return row.samples.first?.level(resource) ?? 0
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
