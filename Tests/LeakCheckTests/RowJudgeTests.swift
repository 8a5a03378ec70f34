import LeakStatistics
import Testing

@testable import LeakCheck

@Suite("Judging a row")
struct RowJudgeTests {
    /// Levels at every 200 connections, in kibibytes of memory.
    private func memory(_ kibibytes: [Double], from first: Double = 0) -> GrowthSeries {
        GrowthSeries(
            kibibytes.enumerated().map {
                .init(connections: first + Double($0.offset) * 200, level: 20_000_000 + $0.element * 1024)
            })
    }

    private func ramp(_ blocks: Int, _ kibibytesPerBlock: Double, from start: Double = 0) -> [Double] {
        (0...blocks).map { start + Double($0) * kibibytesPerBlock }
    }

    @Test("flat memory is clean, and tightly so after enough connections")
    func flat() {
        #expect(
            RowJudge.opinion(memory(ramp(20, 0)), .privateMemory, isLazy: false).opinion == .clean(isTight: true))
        #expect(
            RowJudge.opinion(memory(ramp(8, 0)), .privateMemory, isLazy: false).opinion == .clean(isTight: true))
    }

    @Test("a count alone in suspicion needs no more connections, memory and open questions do")
    func exactSuspicions() {
        let clean = RowJudge.Opinion.clean(isTight: false)
        #expect(RowJudge.isExactSuspicion([.descriptors: .suspect, .threads: clean, .privateMemory: clean]))
        #expect(!RowJudge.isExactSuspicion([.descriptors: .suspect, .threads: clean, .privateMemory: .open("more")]))
        #expect(!RowJudge.isExactSuspicion([.descriptors: .suspect, .threads: clean, .privateMemory: .suspect]))
        #expect(!RowJudge.isExactSuspicion([.descriptors: clean, .threads: clean, .privateMemory: clean]))
    }

    @Test("steady growth is suspected")
    func steady() {
        #expect(RowJudge.opinion(memory(ramp(20, 200)), .privateMemory, isLazy: false).opinion == .suspect)
    }

    @Test("growth in rare steps of an arena that goes on is not called clean")
    func steps() {
        // 384 bytes for each connection, 75 KiB a block, taken from the system by 150 KiB at a time.
        func opinion(blocks: Int) -> RowJudge.Opinion {
            let levels = (0...blocks).map { Double($0 / 2) * 150 }
            return RowJudge.opinion(memory(levels), .privateMemory, isLazy: false).opinion
        }
        guard case .open = opinion(blocks: 32) else {
            Issue.record("steps that go on were denied")
            return
        }
        #expect(opinion(blocks: 64) == .suspect, "in batches of several blocks each grows")
    }

    @Test("a clean live heap does not clear memory whose whole interval is large, in however few steps it grows")
    func deferringSteps() throws {
        // 3,584 bytes for each connection, in steps of two blocks.
        let levels = (0...32).map { Double($0 / 2) * 1400 }
        let (opinion, estimate) = RowJudge.opinion(memory(levels), .privateMemory, isLazy: false)
        guard case .open = opinion else {
            Issue.record("\(opinion)")
            return
        }
        #expect(try #require(estimate).interval.lowerBound > 512)
        guard case .open = RowJudge.deferring(opinion, estimate, to: .clean(isTight: true)) else {
            Issue.record("a clean heap has cleared it")
            return
        }
    }

    @Test("steady growth of a lazily collected runtime is neither clean nor suspected")
    func lazy() {
        guard case .open = RowJudge.opinion(memory(ramp(20, 800)), .privateMemory, isLazy: true).opinion else {
            Issue.record("growth before a collection was taken for evidence")
            return
        }
    }

    @Test("an exact count is evidence in a lazily collected runtime as well")
    func lazyCount() {
        let counts = GrowthSeries((0...20).map { .init(connections: Double($0) * 100, level: 9 + Double($0) * 100) })
        #expect(RowJudge.opinion(counts, .descriptors, isLazy: true).opinion == .suspect)
    }

    @Test("too few connections leave it open")
    func few() {
        guard case .open = RowJudge.opinion(memory(ramp(3, 0)), .privateMemory, isLazy: false).opinion else {
            Issue.record("three blocks were enough for an opinion")
            return
        }
    }

    @Test("what grows before the pause, stays, and grows again is a leak")
    func confirmed() {
        let before = memory(ramp(20, 200))
        let after = memory(ramp(8, 200, from: 4000), from: 4000)
        #expect(RowJudge.confirmation(before: before, after: after, .privateMemory) == .confirmed)
    }

    @Test("what is given back during the pause was kept for a time")
    func released() {
        let before = memory(ramp(20, 200))
        let after = memory(ramp(8, 200, from: 100), from: 4000)
        #expect(RowJudge.confirmation(before: before, after: after, .privateMemory) == .released)
    }

    /// An allocator keeps the room that was freed during the pause; connections after it use that room first.
    @Test("what does not grow again after the pause is no leak")
    func stopped() {
        let before = memory(ramp(20, 200))
        let after = memory(ramp(8, 4, from: 4000), from: 4000)
        #expect(RowJudge.confirmation(before: before, after: after, .privateMemory) == .stopped)
    }

    @Test("a single step after the pause is not growth")
    func oneStep() {
        let before = memory(ramp(20, 200))
        let after = memory([4000, 4000, 4000, 5600, 5600, 5600, 5600, 5600, 5600], from: 4000)
        #expect(RowJudge.confirmation(before: before, after: after, .privateMemory) == .stopped)
    }

    @Test("without connections after the pause nothing is confirmed")
    func unconfirmed() {
        let before = memory(ramp(20, 200))
        #expect(RowJudge.confirmation(before: before, after: memory([], from: 4000), .privateMemory) == .open)
        #expect(RowJudge.confirmation(before: before, after: memory([4000], from: 4000), .privateMemory) == .open)
    }
}

@Suite("Verdicts")
struct VerdictTests {
    @Test(
        arguments: [
            ([], .inconclusive),
            ([.clean, .clean], .clean),
            ([.clean, .inconclusive], .inconclusive),
            ([.inconclusive, .leak, .clean], .leak),
        ] as [([Verdict], Verdict)])
    func overall(verdicts: [Verdict], expected: Verdict) {
        #expect(Verdict.overall(verdicts) == expected)
    }
}
