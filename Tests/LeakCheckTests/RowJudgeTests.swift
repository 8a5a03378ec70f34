import LeakStatistics
import Lifecycles
import Targets
import Testing

@testable import LeakCheck

@Suite("Judging a row")
struct RowJudgeTests {
    private func leaking(_ rate: Double) -> Measured.Levels {
        Measured.Levels(descriptors: { connections, _ in 10 + rate * connections })
    }

    @Test("what does not grow is clean, with a bound that nothing contradicts")
    func clean() throws {
        let row = Measured.row()
        for resource in Resource.ofEveryTarget {
            let finding = Measured.finding(row, resource)
            #expect(finding.verdict == .clean && finding.reason == nil)
        }
        #expect(try #require(Measured.finding(row, .privateMemory).smallestDetectable) >= 1_000_000 / 4000)
    }

    @Test("a leak fills what was free before the first connection: the bound counts what the process held")
    func roomAtStart() throws {
        var levels = Measured.Levels()
        levels.memory = { _, _ in 20_000_000 }
        let finding = Measured.finding(Measured.row(levels), .privateMemory)
        #expect(finding.verdict == .inconclusive)
        guard case .roomAtStart(let bound, 20_000_000) = finding.reason else {
            Issue.record("\(finding)")
            return
        }
        #expect(bound >= 5000)
    }

    @Test("an exact reading of the allocators says how much is free, and what is in use")
    func allocator() {
        var levels = Measured.Levels()
        levels.memory = { _, _ in 20_000_000 }
        var row = Measured.row(levels)
        for index in row.samples.indices {
            row.samples[index].allocator = .init(liveBytes: 1_000_000, freeBytes: 18_000_000, roomBytes: 18_100_000)
        }
        #expect(Measured.finding(row, .privateMemory).verdict == .clean)
        // The same memory, of which ever less is free.
        for index in row.samples.indices {
            let used = 2000 * row.samples[index].connections
            row.samples[index].allocator = .init(
                liveBytes: 1_000_000 + used, freeBytes: 18_000_000 - used, roomBytes: 18_100_000 - used)
        }
        #expect(Measured.judge().assessments(row)[.privateMemory] == .suspect)
        let amount = Measured.finding(row, .privateMemory).perConnection ?? 0
        #expect(abs(amount - 2000) < 20)
    }

    @Test("growth before a pause is a suspicion, never a verdict")
    func suspicion() {
        let row = Measured.row(leaking(0.5))
        #expect(Measured.judge().assessments(row)[.descriptors] == .suspect)
        let finding = Measured.finding(row, .descriptors)
        #expect(finding.verdict == .inconclusive && finding.perConnection == 0.5)
        guard case .pauseMissing(_, 75) = finding.reason else {
            Issue.record("\(finding)")
            return
        }
    }

    @Test("what stays through the pause and grows again as before is a leak; through a shorter one it is not")
    func leak() {
        var row = Measured.row(leaking(0.5), drives: [40, 20])
        row.tcpStatesAtStart = ["LISTEN": 1]
        row.tcpStatesAtEnd = ["LISTEN": 1, "CLOSE_WAIT": 1400]
        let finding = Measured.finding(row, .descriptors)
        #expect(finding.verdict == .leak && finding.perConnection == 0.5)
        #expect(finding.tcpStates == ["CLOSE_WAIT": 1400])
        #expect(Measured.finding(row, .threads).verdict == .clean)
        let short = Measured.finding(Measured.row(leaking(0.5), drives: [40, 20], pause: 40), .descriptors)
        #expect(short.verdict == .inconclusive)
        #expect(short.reason == .pauseMissing(keptSeconds: 40, requiredSeconds: 75))
    }

    @Test("a long pause that gave all back is no evidence that later drives leave something for as long")
    func pauseBefore() {
        // As a server does that gives its sockets back only at a collection: nothing stays of 4,000 connections, then much.
        var levels = Measured.Levels()
        levels.descriptors = { connections, drive in 10 + (drive == 0 ? connections : 0.2 * (connections - 4000)) }
        levels.descriptorsAtRest = { 10 + max(0, 0.2 * ($0 - 4000)) }
        let short = Measured.finding(Measured.row(levels, drives: [40, 20, 20], pauses: [126, 45]), .descriptors)
        #expect(short.reason == .pauseMissing(keptSeconds: 45, requiredSeconds: 75), "\(short)")
        let long = Measured.finding(Measured.row(levels, drives: [40, 20, 20], pauses: [126, 80]), .descriptors)
        #expect(long.verdict == .leak, "\(long)")
    }

    @Test("what grows again only beyond the connections before the pause is no leak")
    func beyondReach() {
        var levels = Measured.Levels()
        levels.memory = { connections, drive in
            // Room for 2,000 connections is left by the first drive.
            1_000_000 + 5000 * (drive == 0 ? connections : 2000 + max(0, connections - 4000))
        }
        let row = Measured.row(levels, drives: [20, 40])
        #expect(Measured.finding(row, .privateMemory).verdict != .leak)
        #expect(Measured.judge().assessments(row)[.privateMemory] == .suspect, "only another pause tells")
    }

    @Test("growth by chance, as one of many verdicts, is neither a leak nor clean")
    func byChance() {
        var row = Measured.row(leaking(0.5), drives: [40, 20])
        for index in row.samples.indices { row.samples[index].descriptors += [0, 30, 10][index % 3] }
        var judge = Measured.judge()
        #expect(Measured.finding(row, .descriptors, judge).verdict == .leak)
        judge.rules.verdicts = 1_000_000_000
        let finding = Measured.finding(row, .descriptors, judge)
        #expect(finding.verdict == .inconclusive && finding.reason == .byChance(verdicts: 1_000_000_000))
    }

    @Test("memory beside descriptors that are given back and kept again is not judged by what it grows while driving")
    func keptAgain() {
        for (again, isLeak) in [(true, false), (false, true)] {
            var levels = Measured.Levels()
            levels.descriptors = { connections, drive in
                10 + (drive == 0 ? connections : again ? connections - 4000 : 0)
            }
            levels.memory = { connections, _ in 1_000_000 + 3000 * connections }
            levels.descriptorsAtRest = { _ in 10 }
            let finding = Measured.finding(Measured.row(levels, drives: [40, 20]), .privateMemory)
            #expect(finding.verdict != .leak, "a pause of its own is missing: \(finding)")
            let rested = Measured.finding(Measured.row(levels, drives: [40, 20, 1]), .privateMemory)
            #expect(rested.verdict == .leak, "\(isLeak) \(rested)")
        }
    }

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

    @Test("memory of a lazily collected runtime is no evidence until it has outgrown any collector")
    func collector() {
        var levels = Measured.Levels()
        levels.memory = { connections, _ in 30_000_000 + 8000 * connections }
        let judge = Measured.judge(usesTracingGC: true)
        #expect(judge.assessments(Measured.row(levels))[.privateMemory] == .undecided(.collectorPending))
        levels.memory = { connections, _ in 30_000_000 + 200_000 * connections }
        #expect(judge.assessments(Measured.row(levels))[.privateMemory] == .suspect)
        // An exact count is evidence in such a runtime as well.
        #expect(judge.assessments(Measured.row(leaking(1)))[.descriptors] == .suspect)
    }

    @Test("growth in few steps of an arena that goes on is not called clean")
    func steps() {
        var levels = Measured.Levels()
        levels.memory = { connections, _ in 100_000 + (connections / 200).rounded(.down) * 153_600 }
        guard case .undecided = Measured.judge().assessments(Measured.row(levels, drives: [32]))[.privateMemory] else {
            Issue.record("steps that go on were denied, or taken for growth of each connection")
            return
        }
    }

    @Test("too few connections leave it open, and say what is held")
    func few() {
        let row = Measured.row(leaking(1), drives: [2])
        #expect(
            Measured.finding(row, .descriptors).reason
                == .tooFewConnections(connections: 200, seconds: 1, held: 200))
        #expect(
            Measured.finding(row, .threads).reason == .tooFewConnections(connections: 200, seconds: 1, held: 0))
    }

    @Test("a gauge whose readings may be old is clean only after some seconds of connections", arguments: [11, 40])
    func lagging(blocks: Int) {
        let gauge = Resource(rawValue: "open_sessions")
        var row = Measured.row(drives: [blocks])
        for index in row.samples.indices { row.samples[index].probed = [gauge.rawValue: 3] }
        var judge = Measured.judge(Resource.ofEveryTarget + [gauge])
        judge.rules.lagging = [gauge]
        #expect(Measured.finding(row, .descriptors, judge).verdict == .clean)
        let finding = Measured.finding(row, gauge, judge)
        #expect(finding.verdict == (blocks > 12 ? .clean : .inconclusive))
        #expect(finding.reason == (blocks > 12 ? nil : .staleReadings))
        row.probeFailures[gauge] = "the page is gone"
        #expect(Measured.finding(row, gauge, judge).reason == .unread(problem: "the page is gone"))
    }
}
