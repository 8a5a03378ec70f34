import LeakStatistics
import Remedies
import Testing

@testable import LeakCheck

/// What is said of a process under traffic that nobody counts, from simulated samples.
@Suite("Watch")
struct WatchJudgeTests {
    private static func sample(
        _ seconds: Double, descriptors: Int = 20, memory: Int = 50 << 20, kinds: [String: Int]? = nil,
        states: [String: Int]? = nil
    ) -> CheckResult.Sample {
        CheckResult.Sample(
            lifecycle: CheckRecord.watchLabel, connections: 0, seconds: seconds, phase: .measure,
            descriptors: descriptors, threads: 4, privateMemory: memory, residentMemory: 2 * memory,
            descriptorKinds: kinds, tcpStates: states)
    }

    private static func watch(
        seconds: Int, descriptors: (Int) -> Int = { _ in 20 }, memory: (Int) -> Int = { _ in 50 << 20 }
    ) -> WatchState {
        var state = WatchState()
        for second in 0...seconds {
            state.add(sample(Double(second), descriptors: descriptors(second), memory: memory(second)))
        }
        return state
    }

    private static func finding(
        _ state: WatchState, _ resource: Resource, usesTracingGC: Bool = false
    ) throws -> WatchResult.Finding {
        let track = try #require(state.tracks.first { $0.gauge == .resource(resource) })
        return WatchJudge.finding(track, seconds: state.seconds, usesTracingGC: usesTracingGC)
    }

    @Test("flat for a minute is clean, with what would have been seen; for less it is not")
    func flat() throws {
        for resource in Resource.ofEveryTarget {
            let long = try Self.finding(Self.watch(seconds: 60), resource)
            #expect(long.verdict == .clean && long.perHour == 0)
            let bound = try #require(long.smallestDetectable)
            // Three steps of the gauge in a minute.
            #expect(abs(bound - (resource == .privateMemory ? 3 * 4096 * 60 : 180)) < 1e-6)
            let short = try Self.finding(Self.watch(seconds: 59), resource)
            #expect(short.verdict == .inconclusive)
            #expect(short.remark == "did not grow, in less than 60 s: watch longer")
        }
        let first = try Self.finding(Self.watch(seconds: 23), .threads)
        #expect(first.verdict == .inconclusive && first.remark == "fewer than 25 samples: watch longer")
        #expect(first.perHour == nil)
    }

    @Test("steady growth is measured in an hour, and called growth, never a leak", arguments: [40, 600, 90_000])
    func growth(seconds: Int) throws {
        let state = Self.watch(seconds: seconds, descriptors: { 20 + $0 / 2 }, memory: { (50 << 20) + $0 * 4096 })
        for (resource, rate) in [(Resource.descriptors, 1800.0), (.privateMemory, 4096 * 3600)] {
            let finding = try Self.finding(state, resource)
            #expect(finding.verdict == .inconclusive)
            #expect(finding.remark?.description.hasPrefix("grew persistently under this traffic") == true)
            let amount = try #require(finding.perHour)
            #expect(abs(amount - rate) < 0.1 * rate, "\(resource) \(amount)")
            #expect(finding.interval?.contains(rate) == true, "\(resource) \(String(describing: finding.interval))")
        }
        #expect(try Self.finding(state, .threads).verdict == (seconds < 60 ? .inconclusive : .clean))
        let lazy = try Self.finding(state, .privateMemory, usesTracingGC: true)
        #expect(lazy.remark?.description.contains("collects garbage lazily") == true)
    }

    @Test("clients that come and go are no growth: the floor is judged")
    func traffic() throws {
        var generator = SeededGenerator(seed: 7)
        let state = Self.watch(seconds: 1200, descriptors: { _ in 20 + Int.random(in: 0...1, using: &generator) * 9 })
        #expect(try Self.finding(state, .descriptors).verdict == .clean)
        // Two clients were there at the first sample, and later none.
        let fewer = Self.watch(seconds: 1200, descriptors: { $0 % 5 == 0 ? 22 : 20 })
        #expect(try Self.finding(fewer, .descriptors).verdict == .clean)
    }

    @Test("a warm-up that slows down is not called growth under this traffic")
    func warmUp() throws {
        let state = Self.watch(
            seconds: 600, memory: { (50 << 20) + Int(40e6 * (1 - 1 / (1 + Double($0) / 60))) })
        let finding = try Self.finding(state, .privateMemory)
        #expect(finding.verdict == .inconclusive)
        #expect(finding.remark == "grew, and slows down as warm-up does: watch longer")
    }

    @Test("what a watch keeps is bounded, however long it goes on")
    func bounded() throws {
        var series = WatchSeries(seconds: 0, level: 5)
        for second in 1...100_000 { series.append(seconds: Double(second), level: Double(second % 7 + 1)) }
        #expect(series.bucketCount <= WatchSeries.capacity)
        let hourly = try #require(series.hourly)
        #expect(hourly.points.count == WatchSeries.blocks + 1)
        #expect(hourly.points.dropFirst().allSatisfy { $0.level == 1 }, "the lowest survives")
        #expect(abs(hourly.connections - 100_000.0 / 3600) < 1e-9)
        var state = WatchState()
        for kind in 0..<500 { state.add(Self.sample(Double(kind), kinds: ["kind\(kind)": 1])) }
        #expect(state.tracks.count == WatchState.mostTracks)
    }

    @Test("kinds and states that appear later began at nothing, and what was not read stays as it was")
    func tracks() throws {
        var state = WatchState()
        state.add(Self.sample(0, kinds: ["socket": 3], states: ["LISTEN": 1]))
        state.add(Self.sample(1, kinds: ["socket": 9, "pipe": 2], states: ["LISTEN": 1, "CLOSE_WAIT": 6]))
        state.add(Self.sample(2, kinds: ["socket": 4], states: nil))
        #expect(
            state.tracks.map(\.gauge.name) == [
                "descriptors", "descriptors.socket", "tcp.CLOSE_WAIT", "tcp.LISTEN", "descriptors.pipe", "threads",
                "privateMemory", "residentMemory",
            ])
        let levels = state.tracks.map { [$0.start, $0.now, $0.peak] }
        #expect(levels[1] == [3, 4, 9])
        #expect(levels[2] == [0, 6, 6], "not read the last time")
        #expect(levels[4] == [0, 0, 2], "read, and gone")
    }
}
