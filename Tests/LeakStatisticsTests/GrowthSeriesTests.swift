import Testing

@testable import LeakStatistics

@Suite("Growth series")
struct GrowthSeriesTests {
    private func series(_ levels: [Double], every step: Double = 10) -> GrowthSeries {
        GrowthSeries(levels.enumerated().map { .init(connections: Double($0.offset) * step, level: $0.element) })
    }

    @Test(
        "the floor is the smallest level at or after a reading",
        arguments: [
            ([1.0, 2, 3], [1.0, 2, 3]),
            ([5, 9, 4, 8, 6], [4, 4, 4, 6, 6]),
            ([3, 2, 1], [1, 1, 1]),
            ([], []),
        ] as [([Double], [Double])])
    func floor(levels: [Double], expected: [Double]) {
        #expect(series(levels).floor.points.map(\.level) == expected)
    }

    @Test("one fall to the old level refutes all growth before it")
    func fallRefutes() {
        let floor = series([100, 200, 300, 400, 100]).floor
        #expect(floor.points.allSatisfy { $0.level == 100 })
    }

    @Test func levelBetweenReadings() {
        let ramp = series([0, 10, 30])
        #expect(ramp.level(at: -5) == 0)
        #expect(ramp.level(at: 5) == 5)
        #expect(ramp.level(at: 15) == 20)
        #expect(ramp.level(at: 99) == 30)
        #expect(GrowthSeries().level(at: 3) == 0)
    }

    @Test("leaked threads are charged for the memory they need, and no more")
    func charging() {
        let memory = series([1000, 1200, 1500])
        let threads = series([4, 5, 3])
        #expect(memory.charging(100, perUnitOf: threads).points.map(\.level) == [1000, 1100, 1500])
    }

    @Test("a leak raises the lowest level in every quarter, a step in one, and what falls in none")
    func leastRise() {
        func rise(_ level: (Int) -> Double) -> Double {
            GrowthSeries((0..<26).map { GrowthSeries.Point(connections: Double($0), level: level($0)) }).leastRise
        }
        #expect(rise { Double($0) * 10 } >= 60)
        #expect(rise { Double($0) * 10 + ($0.isMultiple(of: 2) ? 500 : 0) } >= 50, "its teeth hide nothing")
        #expect(rise { $0 < 15 ? 100 : 640 } == 0)
        #expect(rise { 1000 - Double($0) } < 0)
        #expect(GrowthSeries([.init(connections: 0, level: 0), .init(connections: 1, level: 9)]).leastRise == 0)
    }
}
