import LeakStatistics
import Remedies
import Testing

@testable import LeakCheck

/// What a watch makes of gauges that are read at some of its samples only.
@Suite("Watch with a live heap")
struct WatchHeapTests {
    private static func sample(_ seconds: Double, probed: [String: Double]?) -> CheckResult.Sample {
        CheckResult.Sample(
            lifecycle: CheckRecord.watchLabel, connections: 0, seconds: seconds, phase: .measure, descriptors: 20,
            threads: 4, privateMemory: 50 << 20, residentMemory: 60 << 20, probed: probed)
    }

    /// Ten minutes of samples, of which one in ten has read `levels`.
    private static func samples(_ levels: (Double) -> [String: Double]) -> [CheckResult.Sample] {
        (0...600).map { sample(Double($0), probed: $0 % 10 == 0 ? levels(Double($0)) : nil) }
    }

    private static func record(_ samples: [CheckResult.Sample], isLazy: Bool = true) -> CheckRecord {
        var record = CheckRecord(
            header: .init(
                watch: CheckRecord.Watch(intervalSeconds: 1), startedAt: "2026-03-01T12:00:00Z", target: "process 7",
                runtime: "Node.js", usesTracingGC: isLazy))
        record.samples = samples
        return record
    }

    private static func finding(_ gauge: String, _ samples: [CheckResult.Sample]) throws -> WatchResult.Finding {
        let result = try #require(record(samples).judgedWatch)
        return try #require(result.findings.first { $0.gauge == gauge })
    }

    @Test("a heap that stays is clean, with what would have been seen")
    func flat() throws {
        let finding = try Self.finding("liveHeap", Self.samples { _ in ["liveHeap": 20e6] })
        #expect(finding.verdict == .clean && finding.start == 20e6 && finding.isMemory)
        // Three steps of 16 bytes in ten minutes.
        #expect(abs((finding.smallestDetectable ?? 0) - 3 * 16 * 6) < 1e-6)
    }

    @Test("a heap that grows is told so after a collection, also of a runtime that collects lazily; never as a leak")
    func growing() throws {
        let finding = try Self.finding("liveHeap", Self.samples { ["liveHeap": 20e6 + $0 * 1000] })
        #expect(finding.verdict == .inconclusive && abs((finding.perHour ?? 0) - 3.6e6) < 36_000)
        #expect(finding.remark?.description.hasPrefix("grew persistently under this traffic") == true)
    }

    @Test("a gauge of the user's is judged as a count, fractions and all")
    func counts() throws {
        let growing = try Self.finding("app_sessions", Self.samples { ["app_sessions": 0.5 + $0 / 4] })
        #expect(growing.verdict == .inconclusive && growing.start == 0.5 && !growing.isMemory)
        #expect(abs((growing.perHour ?? 0) - 900) < 9)
        #expect(try Self.finding("app_sessions", Self.samples { _ in ["app_sessions": 0.5] }).verdict == .clean)
    }

    @Test("what is first read later begins with that reading, and has not grown from nothing")
    func late() throws {
        let samples = (0...600).map { second in
            Self.sample(Double(second), probed: second >= 200 && second % 10 == 0 ? ["liveHeap": 20e6] : nil)
        }
        let finding = try Self.finding("liveHeap", samples)
        #expect(finding.start == 20e6 && finding.perHour == 0 && finding.verdict == .clean)
    }

    @Test("few readings are too few, however many samples there are")
    func few() throws {
        let samples = (0...600).map { Self.sample(Double($0), probed: $0 % 30 == 0 ? ["liveHeap": 20e6] : nil) }
        let finding = try Self.finding("liveHeap", samples)
        #expect(finding.verdict == .inconclusive && finding.remark == "fewer than 25 readings: watch longer")
        #expect(try Self.finding("threads", samples).verdict == .clean)
    }

    @Test("what is no longer read is in doubt with the reason, also in the record; the others are not")
    func unread() throws {
        var record = Self.record(Self.samples { _ in ["liveHeap": 20e6] })
        var result = try #require(record.judgedWatch)
        #expect(result.verdict == .clean && result.unread.isEmpty)
        result.doubt(unread: ["liveHeap": "process 7 has turned its inspector off"])
        #expect(result.verdict == .inconclusive)
        record.end = .init(result)
        let again = try #require(record.judgedWatch)
        let doubts = again.findings.filter { $0.verdict == .inconclusive }
        #expect(doubts.map(\.gauge) == ["liveHeap"])
        #expect(doubts.first?.remark == "no longer read: process 7 has turned its inspector off")
    }

    @Test("judged gauges are followed however many kinds and states there are")
    func bounded() {
        var state = WatchState()
        var sample = Self.sample(0, probed: ["liveHeap": 1, "app_sessions": 1])
        sample.descriptorKinds = Dictionary(uniqueKeysWithValues: (0..<100).map { ("kind\($0)", 1) })
        state.add(sample)
        #expect(state.tracks.count <= WatchState.mostTracks + 5)
        let judged = state.tracks.compactMap(\.gauge.judged)
        #expect(judged.map(\.rawValue) == ["descriptors", "threads", "app_sessions", "liveHeap", "privateMemory"])
    }
}
