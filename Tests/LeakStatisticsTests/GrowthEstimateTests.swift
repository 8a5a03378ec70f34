import Testing

@testable import LeakStatistics

@Suite("Growth per connection")
struct GrowthEstimateTests {
    private static let page = 4096.0

    private func estimate(_ series: GrowthSeries, resolution: Double = page) throws -> GrowthEstimate {
        try #require(GrowthEstimate(series, resolution: resolution, confidence: 0.99))
    }

    @Test("too few blocks give no estimate")
    func tooFewBlocks() {
        #expect(GrowthEstimate(GrowthSeries(), resolution: 1, confidence: 0.99) == nil)
        let short = SimulatedSeries.leaking(1000).series(blocks: 5, seed: 1)
        #expect(GrowthEstimate(short, resolution: 1, confidence: 0.99) == nil)
    }

    @Test("an exact leak is measured exactly")
    func exactLeak() throws {
        var series = GrowthSeries()
        for block in 0...20 { series.append(connections: Double(block) * 100, level: Double(block) * 100 + 7) }
        let estimate = try estimate(series, resolution: 1)
        #expect(estimate.perConnection == 1)
        #expect(estimate.interval == 1...1)
        #expect(estimate.persistence == 1)
        #expect(estimate.growingShare == 1)
        #expect(estimate.isPersistent(above: 0.004))
    }

    @Test("nothing grows: what would have been seen is said, and not zero")
    func nothingGrows() throws {
        var series = GrowthSeries()
        for block in 0...20 { series.append(connections: Double(block) * 100, level: 50) }
        let estimate = try estimate(series, resolution: 1)
        #expect(estimate.perConnection == 0)
        #expect(estimate.largestHidden == 3.0 / 2000)
        #expect(estimate.resolution == 3.0 / 1000)
        #expect(!estimate.isPersistent(above: 0))
    }

    /// Each healthy target is looked at as often as a check would, at every block from the eighth on, and a single
    /// suspicion in any look counts. What passes here has still to pass a pause and a second round.
    @Test("healthy targets are rarely suspected", arguments: SimulatedSeries.healthy)
    func falseAlarms(target: SimulatedSeries) async {
        let runs = 300
        var alarms = 0
        for seed in 1...UInt64(runs) {
            await Task.yield()
            let series = target.series(seed: seed)
            let last = series.points.count - 1
            // The horizon: not before a thousand connections.
            let looks = [last / 2, 3 * last / 4, last]
            let isAlarm = looks.contains { look in
                let part = GrowthSeries(Array(series.points[0...look]))
                return GrowthEstimate(part, resolution: Self.page, confidence: 0.99)?.isPersistent(above: 48) ?? false
            }
            if isAlarm { alarms += 1 }
        }
        #expect(alarms <= runs / 100, "\(alarms) of \(runs) runs of \"\(target)\" raised a suspicion")
    }

    /// Looked at after every other block, nearly as often as a check does, for one of the 114 verdicts of the whole matrix.
    @Test(
        "as one of many, a healthy target is hardly ever suspected",
        arguments: SimulatedSeries.healthy.filter { !$0.growsForAWhile })
    func matrixFalseAlarms(target: SimulatedSeries) async {
        let runs = 114
        var alarms = 0
        for seed in 1...UInt64(runs) {
            await Task.yield()
            let series = target.series(blocks: 40, seed: seed)
            let isAlarm = stride(from: 8, to: series.points.count, by: 2).contains { look in
                let part = GrowthSeries(Array(series.points[0...look]))
                return GrowthEstimate(part, resolution: Self.page, confidence: 0.99)?
                    .isPersistent(above: 48, among: 114) ?? false
            }
            if isAlarm { alarms += 1 }
        }
        #expect(alarms <= 1, "\(alarms) of \(runs) runs of \"\(target)\" raised a suspicion")
    }

    /// Warming up left 6 MB of room inside the process, which a leak of 700 bytes fills.
    @Test("a leak that fills room which warming up has left is not called clean")
    func room() throws {
        var series = GrowthSeries()
        for block in 0...40 {
            let connections = Double(block) * 100
            series.append(connections: connections, level: 2e7 + max(min(connections, 1500) * 4000, connections * 700))
        }
        let estimate = try #require(
            GrowthEstimate(series, resolution: Self.page, confidence: 0.99, room: 2e7))
        #expect(!estimate.isPersistent(above: 48))
        // All that was gained, and all that the process held at first, over all connections.
        #expect(estimate.largestHidden >= (6e6 + 2e7) / 4000)
        #expect(estimate.largestByChance < 10)
        #expect(try self.estimate(series).largestHidden < 10)
    }

    @Test("leaks are suspected and measured", arguments: [128.0, 256, 1024, 8192])
    func power(bytes: Double) async throws {
        let runs = 200
        var found = 0
        for seed in 1...UInt64(runs) {
            await Task.yield()
            let series = SimulatedSeries.leaking(bytes).series(seed: seed)
            let estimate = try estimate(series)
            if estimate.isPersistent(above: 48, among: 114), abs(estimate.perConnection - bytes) < 0.1 * bytes {
                found += 1
            }
        }
        #expect(found >= runs * 95 / 100, "only \(found) of \(runs) leaks of \(bytes) bytes were found at their size")
    }

    /// Python servers whose heap's top rises and falls by as much as a leak adds in ten blocks.
    @Test("a small leak under the noise of the last connections is found among many blocks")
    func smallLeakUnderNoise() async throws {
        let runs = 100
        var found = 0
        for seed in 1...UInt64(runs) {
            await Task.yield()
            let series = SimulatedSeries.leaking(64, noise: 200 * 1024).series(blocks: 120, dose: 2500, seed: seed)
            let estimate = try estimate(series)
            let effect = GrowthScale.pages.effect(over: estimate.connections)
            if estimate.isPersistent(above: effect, among: 54), abs(estimate.perConnection - 64) < 6.4 { found += 1 }
        }
        #expect(found >= 95, "only \(found) of \(runs) were found")
    }

    /// As checks that go on for long see them.
    @Test("healthy targets are rarely suspected over many connections either", arguments: SimulatedSeries.healthy)
    func falseAlarmsOverMany(target: SimulatedSeries) async throws {
        let runs = 100
        var alarms = 0
        for seed in 1...UInt64(runs) {
            await Task.yield()
            let estimate = try estimate(target.series(blocks: 120, dose: 1500, seed: seed))
            let effect = GrowthScale.pages.effect(over: estimate.connections)
            if estimate.isPersistent(above: effect, among: 54) { alarms += 1 }
        }
        #expect(alarms <= 1, "\(alarms) of \(runs) runs of \"\(target)\" raised a suspicion")
    }

    @Test("what healthy servers may show is an amount in all, not of each of any number of connections")
    func effectOverConnections() {
        #expect(GrowthScale.pages.effect(over: 100) == 48)
        #expect(GrowthScale.pages.effect(over: 10_000) == 48)
        #expect(GrowthScale.pages.effect(over: 20_000) == 24)
        #expect(GrowthScale.pages.effect(over: 1_000_000) == 16)
        #expect(GrowthScale.counts.effect(over: 1_000_000) == 0.004)
    }

    /// Node.js with 1,135 bytes per connection leaked under 4 KiB of garbage each, collected once, at the very end: the
    /// floor is flat from about where the garbage began, and says nothing.
    @Test("a leak under garbage that was collected late is not called clean")
    func lateCollection() throws {
        var series = GrowthSeries()
        for block in 0...40 {
            let connections = Double(block) * 320
            series.append(connections: connections, level: 9.6e6 + 5231 * connections)
        }
        series.append(connections: 12_800, level: 9.6e6 + 7e6 + 1135 * 12_800)
        let estimate = try estimate(series)
        #expect(!estimate.isPersistent(above: 48))
        #expect(estimate.largestHidden > 1000)
    }

    /// The same, begun at the top of a tooth that an earlier lifecycle left behind.
    /// 512 bytes is what a clean verdict must be able to exclude.
    @Test("a leak is not hidden by a first reading that held garbage", arguments: [1024.0, 4096])
    func startAtTheTop(leak: Double) throws {
        for seed in 1...UInt64(100) {
            var noise = SimulatedNoise(seed: seed)
            var series = GrowthSeries()
            var garbage = 30e6 * noise.uniform(0.3, 1)
            var connections = 0.0
            series.append(connections: 0, level: 1e7 + garbage)
            for _ in 0..<30 {
                connections += 200
                garbage += 200 * 4096
                if garbage > 30e6 { garbage = 1e6 }
                series.append(connections: connections, level: 1e7 + garbage + leak * connections)
            }
            let estimate = try estimate(series)
            #expect(estimate.isPersistent(above: 48) || estimate.largestHidden > 512)
        }
    }

    @Test("what changes while no connection is made is not charged to connections")
    func othersAtWork() throws {
        var series = GrowthSeries()
        for block in 0...20 { series.append(connections: Double(block) * 100, level: Double(block) * 100) }
        for block in 0...10 {
            series.append(connections: 2000 + Double(block) * 100, level: 50_000 + 2000 + Double(block) * 100)
        }
        let estimate = try estimate(series, resolution: 1)
        #expect(abs(estimate.perConnection - 1) < 1e-9)
    }

    /// What is kept for some seconds only and released in a pause is bounded by what remains of it.
    @Test("what was kept and given back hides nothing")
    func givenBack() throws {
        var series = GrowthSeries()
        for block in 0...40 { series.append(connections: Double(block) * 320, level: 2e7 + 750 * Double(block) * 320) }
        series.append(connections: 12_800, level: 2e7 + 12_288)
        let estimate = try estimate(series)
        #expect(!estimate.isPersistent(above: 48))
        #expect(estimate.largestHidden < 4)
    }

    /// Pages of the program's file that a second process shares are no longer private.
    @Test("a fall at first, and steps of a page since, leave the bound that the connections since give")
    func fallAtFirst() throws {
        var series = GrowthSeries()
        for block in 0...40 {
            let level = block < 2 ? 2.4e6 - 1e5 * Double(block) : 2.18e6 + (block > 20 && block < 35 ? Self.page : 0)
            series.append(connections: Double(block) * 250, level: level)
        }
        let estimate = try #require(
            GrowthEstimate(series, resolution: Self.page, confidence: 0.99, room: 250_000))
        #expect((250_000.0 / 9_500...300_000 / 9_500).contains(estimate.largestHidden), "\(estimate.largestHidden)")
    }

    @Test("one in a hundred connections is found by an exact count")
    func rareDescriptor() throws {
        var series = GrowthSeries()
        for block in 0...24 {
            let connections = Double(block) * 150
            series.append(connections: connections, level: 11 + (connections / 100).rounded(.down))
        }
        let estimate = try estimate(series, resolution: 1)
        #expect(estimate.isPersistent(above: 0.004))
        #expect(abs(estimate.perConnection - 0.01) < 0.001)
    }

    @Test("the interval covers the truth as often as it says", arguments: [0.9, 0.99])
    func coverage(confidence: Double) async throws {
        let runs = 400
        var covered = 0
        for seed in 1...UInt64(runs) {
            await Task.yield()
            var noise = SimulatedNoise(seed: seed)
            var series = GrowthSeries()
            var level = 0.0
            for block in 0...40 {
                series.append(connections: Double(block) * 100, level: level)
                // Independent increments, never falling, so that the floor is the level.
                level += 100 * noise.uniform(0, 20)
            }
            let estimate = try #require(GrowthEstimate(series, resolution: 1, confidence: confidence))
            if estimate.interval.contains(10) { covered += 1 }
        }
        // Three standard errors of a share among 400 runs.
        let slack = 3 * (confidence * (1 - confidence) / Double(runs)).squareRoot()
        #expect(Double(covered) / Double(runs) >= confidence - slack)
    }
}
