import Testing

@testable import WatertightTesting

@Suite("What pairs of batches say of the heap")
struct LeakRuleTests {
    /// Pairs of 20 runs whose batches differ by so many bytes for each run, to and fro by `noise`.
    private func pairs(_ bytes: Double, noise: Double) -> [LeakRule.Pair] {
        (0..<LeakRule.pairs).map { index in
            LeakRule.Pair(withBody: 20 * (bytes + (index.isMultiple(of: 2) ? noise : -noise)), without: 0)
        }
    }

    @Test("quiet pairs without growth rule a leak out")
    func quiet() {
        #expect(!LeakRule.isHidden(in: pairs(0, noise: 100), runs: 20))
        #expect(LeakRule.confirmed(pairs(0, noise: 100), runs: 20, .heap, suspected: 1000) == nil)
    }

    @Test("noisy pairs can hide one, and confirm none")
    func noisy() {
        #expect(LeakRule.isHidden(in: pairs(0, noise: 2000), runs: 20))
        #expect(LeakRule.confirmed(pairs(1000, noise: 2000), runs: 20, .heap, suspected: 1000) == nil)
    }

    @Test("growth in nearly every pair is confirmed, with its size")
    func grown() throws {
        let interval = try #require(LeakRule.confirmed(pairs(1000, noise: 50), runs: 20, .heap, suspected: 1000))
        #expect(interval.contains(1000) && interval.lowerBound > 900 && interval.upperBound < 1100)
    }
}
