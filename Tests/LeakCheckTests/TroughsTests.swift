import LeakStatistics
import Targets
import Testing

@testable import LeakCheck

@Suite("The rule of the troughs")
struct TroughsTests {
    /// A course of drives of 1,000 connections in ten blocks, each of which raises the level by `amounts` for a connection,
    /// and of which a pause gives back all but `kept`.
    private func troughs(
        _ amounts: [Double], kept: Double = 1, _ scale: GrowthScale, pauses: Int? = nil
    ) -> Troughs {
        var readings: [GrowthSeries.Point?] = [.init(connections: 0, level: 5000)]
        var indices: [Int] = []
        var level = 5000.0
        var connections = 0.0
        for (drive, amount) in amounts.enumerated() {
            let start = level
            for _ in 1...10 {
                connections += 100
                level += amount * 100
                readings.append(.init(connections: connections, level: level))
            }
            guard drive < pauses ?? (amounts.count - 1) else { continue }
            level = start + kept * (level - start)
            indices.append(readings.count)
            readings.append(.init(connections: connections, level: level))
        }
        return Troughs(Course(readings, troughs: indices), scale)
    }

    @Test("the same amount in both drives is confirmed, before a second pause where the first gave nothing back")
    func confirmed() {
        #expect(troughs([1, 1], .counts).standing == .confirmed(least: 1, most: 1))
        #expect(troughs([1000, 900], .pages).standing == .confirmed(least: 900, most: 1000))
        #expect(troughs([1], .counts, pauses: 1).standing == .awaiting)
    }

    @Test("what is given back is ended, and what stays of it needs a pause of its own")
    func rest() {
        #expect(troughs([1], kept: 0, .counts, pauses: 1).standing == .ended)
        #expect(troughs([1, 1], kept: 0, .counts).standing == .ended)
        #expect(troughs([1, 1], kept: 0.1, .counts).standing == .needsPause)
        let rested = troughs([1, 1], kept: 0.1, .counts, pauses: 2)
        #expect(rested.standing == .confirmed(least: 0.1, most: 0.1))
        #expect(rested.decidesAmount && abs(rested.perConnection - 0.1) < 1e-9)
        #expect(rested.hasReleased)
    }

    /// The course of a gauge from one pause to the next: the connections of each drive, how high it rose and how far it fell.
    private func troughs(
        from base: Double, _ drives: [(connections: Double, crest: Double, trough: Double)], _ scale: GrowthScale
    ) -> Troughs {
        var readings = [GrowthSeries.Point(connections: 0, level: base)]
        var indices: [Int] = []
        for drive in drives {
            let start = readings[readings.count - 1]
            for block in 1...10 {
                let share = Double(block) / 10
                readings.append(
                    .init(
                        connections: start.connections + drive.connections * share,
                        level: start.level + (drive.crest - start.level) * share))
            }
            indices.append(readings.count)
            readings.append(.init(connections: readings[readings.count - 1].connections, level: drive.trough))
        }
        return Troughs(Course(readings, troughs: indices), scale)
    }

    @Test("what warming up leaves beside what is given back convicts nobody, and what goes on does")
    func warmingUp() {
        // Connections of some 12 KB that a server keeps for 75 s, and tables that grow with them: 131,616 B in one step, 1 block.
        let first = (connections: 1588.0, crest: 53_704_512.0, trough: 34_643_664.0)
        let second = (connections: 830.0, crest: 44_709_744.0, trough: 34_775_280.0)
        #expect(troughs(from: 34_298_448, [first], .liveHeap).standing == .awaiting)
        #expect(troughs(from: 34_298_448, [first, second], .liveHeap).standing == .awaiting)
        let third = (connections: 830.0, crest: 44_709_744.0, trough: 34_775_280.0)
        #expect(troughs(from: 34_298_448, [first, second, third], .liveHeap).standing == .ended)
        let leaking = (connections: 830.0, crest: 44_841_360.0, trough: 34_906_896.0)
        let leak = troughs(from: 34_298_448, [first, second, leaking], .liveHeap)
        #expect(leak.standing == .confirmed(least: 131_616 / 830, most: 131_616 / 830))
        // What an allocator's caches of threads hold: 9,216 B after each drive.
        let cached = troughs(
            from: 30_742_928,
            [(3059, 33_000_000, 30_780_672), (1016, 32_764_272, 30_789_888), (1016, 32_769_360, 30_799_104)],
            .allocations)
        #expect(cached.standing == .ended && cached.largestHidden < 13)
        // A count has nothing to warm up.
        let counts = troughs(from: 31, [(1000, 1031, 131), (1000, 1131, 231)], .counts)
        #expect(counts.standing == .confirmed(least: 0.1, most: 0.1))
    }

    @Test("a gauge that has fallen leaves room for a leak as large, until a drive leaves it where it was")
    func fallen() {
        // What a compiler lets go of in the last drive is more than what its connections leave.
        let fallen = troughs([1, 1, -0.4], .counts, pauses: 3)
        #expect(fallen.standing == .ended && abs(fallen.largestHidden - 0.403) < 1e-9)
        let steady = troughs([1, -1, 0], .counts, pauses: 3)
        #expect(steady.standing == .ended && abs(steady.largestHidden - 0.003) < 1e-9)
    }

    @Test("a drive that is far longer than those before shows growth, and convicts only when another repeats it")
    func overlong() {
        var readings: [GrowthSeries.Point?] = []
        var (connections, level) = (0.0, 5_000_000.0)
        var troughs: [Int] = []
        for (blocks, flat) in [(10, 0), (60, 10), (60, 0)] {
            readings.append(.init(connections: connections, level: level))
            if !troughs.isEmpty || blocks == 60 { troughs.append(readings.count - 1) }
            for block in 1...blocks {
                connections += 100
                if block > flat { level += 100 * 1000 }
                readings.append(.init(connections: connections, level: level))
            }
        }
        let second = Array(readings[..<72]) + [.init(connections: 7000, level: readings[71]!.level)]
        #expect(Troughs(Course(second, troughs: [11, 72]), .pages).standing == .awaiting)
        guard case .confirmed = Troughs(Course(readings, troughs: troughs), .pages).standing else {
            Issue.record("\(Troughs(Course(readings, troughs: troughs), .pages))")
            return
        }
    }

    @Test("what does not grow again is ended: a cache that has filled, or room that is used again")
    func ended() {
        #expect(troughs([1, 0], .counts).standing == .ended)
        #expect(troughs([8192, 10], .pages).standing == .ended)
    }

    @Test("amounts that disagree ask for another drive, and the last two decide")
    func disagree() {
        #expect(troughs([10_000, 3400], .pages).standing == .needsPause)
        #expect(troughs([10_000, 3400], .pages, pauses: 2).standing == .awaiting)
        #expect(troughs([10_000, 3400, 3400], .pages).standing == .confirmed(least: 3400, most: 3400))
        #expect(troughs([10_000, 3400, 3400], .pages).perConnection == 3400)
    }

    @Test("little that stays at rest is no leak unless it is more than the gauge may be off by")
    func uncertain() {
        // Of memory two drives of a thousand are just enough, and one of a thousand and some are not.
        #expect(troughs([4000, 4000], kept: 0.013, .inUse, pauses: 2).standing == .awaiting)
        #expect(
            troughs([40_000, 40_000], kept: 0.05, .inUse, pauses: 2).standing == .confirmed(least: 2000, most: 2000))
    }

    @Test("a rate that varies is a leak with a range where all drives grow, and unsteady where it may be none")
    func varies() {
        #expect(
            troughs([12_000, 5000, 11_000, 4000], .pages).standing == .confirmed(least: 4000, most: 12_000))
        #expect(troughs([20_000, 100, 9000, 2000], .pages).standing == .unsteady(least: 100, most: 20_000))
    }

    /// What granian, whose allocator nobody reads, held in KiB: connections, level, and whether that was at the end of a pause; and
    /// what a leak of so many bytes for each connection would add.
    private func foreignAllocator(_ readings: [(Double, Double, Bool)], leak: Double = 0) -> Troughs {
        let points = readings.map {
            GrowthSeries.Point(connections: $0.0, level: ($0.1 * 1024 + leak * $0.0).rounded())
        }
        return Troughs(Course(points, troughs: readings.indices.filter { readings[$0].2 }), .inUse)
    }

    @Test("an allocator that nobody reads frees pages when it is next used, and what it takes anew is no leak")
    func foreign() {
        let polite: [(Double, Double, Bool)] = [
            (0, 22388, false), (134, 25884, false), (255, 26008, false), (380, 26132, false), (475, 26152, false),
            (475, 26152, true), (554, 25312, false), (633, 25692, false), (712, 25596, false), (791, 25608, false),
            (791, 25608, true), (832, 25628, false), (936, 25480, false), (1063, 25700, false), (1195, 25852, false),
            (1195, 26136, true), (1274, 25836, false), (1353, 25928, false), (1432, 26200, false), (1511, 26220, false),
            (1511, 26220, true),
        ]
        let silent: [(Double, Double, Bool)] = [
            (0, 22612, false), (808, 72112, false), (1306, 64964, false), (2056, 71328, false), (2513, 71416, false),
            (2513, 71416, true), (2722, 52992, false), (2931, 61712, false), (3140, 63784, false), (3558, 64880, false),
            (3558, 64880, true), (3869, 49836, false), (4178, 70840, false), (4505, 75304, false), (4835, 75340, false),
            (4835, 75636, true), (5044, 35980, false), (5253, 59072, false), (5671, 62532, false), (6298, 64572, false),
            (6298, 64572, true),
        ]
        let vanished: [(Double, Double, Bool)] = [
            (0, -4399, false), (821, 43662, false), (1584, 44994, false), (2181, 42966, false), (2908, 42962, false),
            (2908, 42962, true), (3150, 37494, false), (3392, 42710, false), (3876, 41774, false), (4118, 43106, false),
            (4118, 43106, true), (4360, 31394, false), (4602, 37782, false), (5086, 42866, false), (5328, 43374, false),
            (5328, 43374, true),
        ]
        for readings in [polite, silent, vanished] {
            for count in 6...readings.count {
                let standing = foreignAllocator(Array(readings.prefix(count))).standing
                if case .confirmed = standing { Issue.record("\(count): \(standing)") }
            }
        }
        // What goes up and down by megabytes hides as much.
        #expect(foreignAllocator(vanished).largestHidden > 1000)
        guard case .confirmed(let least, let most) = foreignAllocator(silent, leak: 65_536).standing else {
            Issue.record("\(foreignAllocator(silent, leak: 65_536).standing)")
            return
        }
        #expect(least > 50_000 && most < 80_000)
    }

    @Test("a rate that varies is no leak where what it was read from is as uncertain as it is large")
    func variesByChance() {
        var readings: [GrowthSeries.Point?] = [.init(connections: 0, level: 0)]
        var (indices, level) = ([Int](), 0.0)
        for (drive, amount) in [4000.0, 1500, 3900, 1400].enumerated() {
            for block in 1...10 {
                // Two steps of an arena in each drive, and next to nothing in between.
                level += block == 3 || block == 8 ? amount * 500 - 400 : 100
                readings.append(.init(connections: Double(drive * 1000 + block * 100), level: level))
            }
            indices.append(readings.count)
            readings.append(.init(connections: Double((drive + 1) * 1000), level: level))
        }
        guard case .unsteady = Troughs(Course(readings, troughs: indices), .pages).standing else {
            Issue.record("\(Troughs(Course(readings, troughs: indices), .pages).standing)")
            return
        }
    }

    @Test("a reading that a gauge misses is no trough")
    func missing() {
        let readings: [GrowthSeries.Point?] = [
            .init(connections: 0, level: 1), .init(connections: 10, level: 2), nil, .init(connections: 20, level: 3),
        ]
        let course = Course(readings, troughs: [2])
        #expect(course.drives.count == 1 && !course.hasPaused)
        #expect(Course(readings, troughs: [3]).drives.map(\.trough) == [3, nil])
    }
}

@Suite("What a target can safely take")
struct SafeLoadTests {
    private func answer(
        held: Int, after connections: Int, limit: Int = 1024, isBeforePause: Bool = true
    ) -> SafeLoad.Answer {
        var row = Measured.row(drives: [1])
        row.samples[1].connections = connections
        row.samples[1].descriptors = 10 + held
        return SafeLoad.connections(
            row, use: (DescriptorUse(count: 10, limit: limit), DescriptorUse(count: 10 + held, limit: limit)),
            isBeforePause: isBeforePause)
    }

    @Test("what has kept nothing so far is trusted with more and more, not with all at once")
    func growing() {
        var completed = 1
        var blocks = 0
        while completed < 100_000, blocks < 100 {
            guard case .room(let room) = answer(held: 0, after: completed, limit: 100) else { break }
            // If each of them did leave a descriptor, it would not be the end of the target.
            #expect(completed > 100 || room <= max(1, completed))
            completed += room
            blocks += 1
        }
        #expect(completed >= 100_000 && blocks < 60, "\(completed) after \(blocks) blocks")
    }

    @Test("blocks become small enough for sixteen, and end before the limit; after the pause more is allowed")
    func limited() {
        guard case .room(let first) = answer(held: 30, after: 30), case .room(let later) = answer(held: 300, after: 300)
        else {
            Issue.record("no room")
            return
        }
        #expect(first <= 604 * 6 / 10 / 16 + 1 && later <= 31)
        #expect(answer(held: 360, after: 360) == .none(.descriptors(limit: 1024)))
        #expect(answer(held: 360, after: 360, isBeforePause: false) != .none(.descriptors(limit: 1024)))
        #expect(answer(held: 600, after: 600, isBeforePause: false) == .none(.descriptors(limit: 1024)))
    }

    @Test("peers that stay leave a process room for others")
    func peers() {
        #expect(SafeLoad.peers(nil) == .max)
        #expect(SafeLoad.peers(DescriptorUse(count: 24, limit: 1024)) == 300)
        #expect(SafeLoad.peers(DescriptorUse(count: 1024, limit: 1024)) == 1)
    }
}

@Suite("How long servers keep things")
struct ServerTimersTests {
    @Test(
        "a pause outlasts the timers that the path or the subprotocol tells of",
        arguments: [
            ("/", [], 75), ("/chat", ["graphql-transport-ws"], 75), ("/socket.io/?EIO=4", [], 125),
            ("/", ["xmpp"], 305),
            ("/_blazor?id=1", [], 185),
        ] as [(String, [String], Int)])
    func pause(path: String, subprotocols: [String], seconds: Int) {
        #expect(ServerTimers.pause(path: path, subprotocols: subprotocols) == .seconds(seconds))
    }
}
