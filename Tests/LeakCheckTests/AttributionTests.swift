import LeakStatistics
import Lifecycles
import Targets
import Testing

@testable import LeakCheck

@Suite("Judging a row: what accounts for memory")
struct AttributionTests {
    @Test("a connection that holds a thread accounts for the memory that the thread needs, and no more")
    func threads() {
        var levels = Measured.Levels(threads: { connections, _ in 4 + connections })
        levels.memory = { connections, _ in 1_000_000 + 9 * 1024 * connections }
        let small = Measured.judge().assessments(Measured.row(levels))
        #expect(small[.threads] == .suspect && small[.privateMemory] == .clean(isTight: true))
        levels.memory = { connections, _ in 1_000_000 + 28 * 1024 * connections }
        #expect(Measured.judge().assessments(Measured.row(levels))[.privateMemory] == .suspect)
    }

    @Test("and for the block of the heap that holds its thread-local storage")
    func threadsOnTheHeap() {
        var levels = Measured.Levels(threads: { connections, _ in 4 + connections })
        levels.heap = { 5_000_000 + 408 * $0 }
        levels.blocks = { 60_000 + $0 }
        let exact = withHeap + [.blocks]
        let small = Measured.judge(exact).assessments(Measured.row(levels))
        #expect(small[.threads] == .suspect)
        #expect(small[.liveHeap] == .clean(isTight: true) && small[.blocks] == .clean(isTight: true))
        levels.blocks = { 60_000 + 2 * $0 }
        levels.heap = { 5_000_000 + 1408 * $0 }
        let more = Measured.judge(exact).assessments(Measured.row(levels))
        #expect(more[.liveHeap] == .suspect && more[.blocks] == .suspect)
    }

    @Test("a goroutine that stays accounts for its stack and for its own part of the heap, and no more")
    func goroutines() {
        let judge = Measured.judge(Resource.ofEveryTarget + [.liveHeap, .goroutines], usesTracingGC: true)
        func assessments(heap: Double, memory: Double, every: Double) -> [Resource: RowJudge.Assessment] {
            var levels = Measured.Levels(heap: { 200_000 + heap / every * $0 })
            levels.memory = { connections, _ in 500_000 + memory / every * connections }
            levels.goroutines = { 3 + ($0 / every).rounded(.down) }
            return judge.assessments(Measured.row(levels))
        }
        for every in [1.0, 10] {
            let small = assessments(heap: 600, memory: 5000, every: every)
            #expect(small[.goroutines] == .suspect)
            #expect(small[.liveHeap] == .clean(isTight: true) && small[.privateMemory] == .clean(isTight: true))
            let large = assessments(heap: 6000, memory: 5000, every: every)
            #expect(large[.liveHeap] == .suspect && large[.privateMemory] == .clean(isTight: true))
        }
        #expect(assessments(heap: 600, memory: 20_000, every: 1)[.privateMemory] == .suspect)
    }

    @Test("a descriptor that stays accounts for its entry in the process's tables, and no more")
    func descriptorTables() {
        let judge = Measured.judge(withHeap)
        func assessment(bytes: Double, descriptors: Double) -> RowJudge.Assessment? {
            var levels = Measured.Levels(heap: { 400_000 + bytes * $0 })
            levels.descriptors = { connections, _ in 10 + (descriptors * connections).rounded(.down) }
            return judge.assessments(Measured.row(levels))[.liveHeap]
        }
        #expect(assessment(bytes: 40, descriptors: 1) == .clean(isTight: false))
        #expect(assessment(bytes: 60, descriptors: 1) == .suspect)
        #expect(assessment(bytes: 40, descriptors: 0.1) == .suspect)
        #expect(assessment(bytes: 40, descriptors: 0) == .suspect)
    }

    private let withHeap = Resource.ofEveryTarget + [.liveHeap]

    @Test("what leaks from the heap explains memory; what leaks beside it does not")
    func heap() {
        var levels = Measured.Levels(heap: { 5_000_000 + 1000 * $0 })
        levels.memory = { connections, _ in 1_000_000 + 1024 * connections }
        let inside = Measured.judge(withHeap).assessments(Measured.row(levels))
        #expect(inside[.liveHeap] == .suspect)
        #expect(inside[.privateMemory] != .suspect)
        levels.memory = { connections, _ in 1_000_000 + 8192 * connections }
        #expect(Measured.judge(withHeap).assessments(Measured.row(levels))[.privateMemory] == .suspect)
        levels.memory = { connections, _ in 60_000_000 + 1024 * connections }
        #expect(
            Measured.judge(withHeap).assessments(Measured.row(levels))[.privateMemory]
                == .undecided(.explained(by: .liveHeap)))
    }

    @Test("where the heap is what the allocators hold, memory is what lies outside of them")
    func outsideAllocators() {
        var judge = Measured.judge(withHeap)
        judge.rules.heapCoversAllocators = true
        func row(mapped: Double, leaked: Double) -> RowMeasurement {
            var levels = Measured.Levels(heap: { 3_000_000 + leaked * $0 })
            levels.memory = { connections, _ in 9_000_000 + (leaked + mapped) * connections }
            var row = Measured.row(levels)
            for index in row.samples.indices {
                let used = Int(leaked) * row.samples[index].connections
                row.samples[index].allocator = .init(
                    liveBytes: 3_000_000 + used, freeBytes: 1_000_000, roomBytes: 1_001_000)
            }
            return row
        }
        let inside = judge.assessments(row(mapped: 0, leaked: 1000))
        #expect(inside[.liveHeap] == .suspect && inside[.privateMemory] == .clean(isTight: true))
        let outside = judge.assessments(row(mapped: 4096, leaked: 0))
        #expect(outside[.liveHeap] == .clean(isTight: true) && outside[.privateMemory] == .suspect)
        // Sixteen bytes are one chunk of the allocator's.
        #expect(judge.assessments(row(mapped: 0, leaked: 16))[.liveHeap] == .suspect)
    }

    @Test("what a collector needs outside of its heap for what stays in it is no leak of its own, but more is")
    func besideHeap() {
        let judge = Measured.judge(withHeap, usesTracingGC: true)
        func memory(_ outside: Double) -> RowJudge.Assessment? {
            var levels = Measured.Levels(heap: { 5_000_000 + 3000 * $0 })
            levels.memory = { connections, _ in 90_000_000 + 4000 * connections }
            var row = Measured.row(levels)
            for index in row.samples.indices {
                let used = Int(outside * Double(row.samples[index].connections))
                row.samples[index].allocator = .init(
                    liveBytes: 3_000_000 + used, freeBytes: 1000, roomBytes: 80_000_000)
            }
            return judge.assessments(row)[.privateMemory]
        }
        #expect(memory(240) != .suspect)
        #expect(memory(1000) == .suspect)
    }

    @Test("a clean heap clears memory only as far as memory's own bound holds")
    func outsideHeap() {
        var levels = Measured.Levels(heap: { _ in 5_000_000 })
        levels.memory = { connections, _ in 4_000_000 + 4000 * connections }
        let judge = Measured.judge(withHeap, usesTracingGC: true)
        guard case .undecided(.outsideHeap(let bound)) = judge.assessments(Measured.row(levels))[.privateMemory] else {
            Issue.record("\(judge.assessments(Measured.row(levels)))")
            return
        }
        #expect(bound > 4000)
        levels.memory = { connections, _ in 1_000_000 + 100 * connections }
        #expect(judge.assessments(Measured.row(levels))[.privateMemory] == .clean(isTight: true))
        // What the allocators hold outside of the heap decides without a bound.
        levels.memory = { connections, _ in 90_000_000 + 4000 * connections }
        var row = Measured.row(levels)
        for index in row.samples.indices {
            row.samples[index].allocator = .init(liveBytes: 3_000_000, freeBytes: 1000, roomBytes: 80_000_000)
        }
        #expect(judge.assessments(row)[.privateMemory] == .clean(isTight: true))
        for index in row.samples.indices {
            let connections = row.samples[index].connections
            row.samples[index].allocator?.liveBytes += 4000 * connections
        }
        #expect(judge.assessments(row)[.privateMemory] == .suspect)
    }
}
