import LeakStatistics
import Targets
import Testing

@testable import LeakCheck
@testable import LeakReports

/// What a watch shows while it goes on, and what is made of its record.
@Suite("Watch reports")
struct WatchReportTests {
    private static var header: CheckRecord.Header {
        CheckRecord.Header(
            watch: CheckRecord.Watch(intervalSeconds: 1, durationSeconds: nil), startedAt: "2026-03-01T12:00:00Z",
            target: "process 7 (server)", runtime: "native", usesTracingGC: false)
    }

    private static func sample(_ second: Int, descriptors: Int) -> CheckResult.Sample {
        CheckResult.Sample(
            lifecycle: CheckRecord.watchLabel, connections: 0, seconds: Double(second), phase: .measure,
            descriptors: descriptors, threads: 4, privateMemory: 1 << 20, residentMemory: 2 << 20,
            descriptorKinds: ["socket": descriptors], tcpStates: ["CLOSE_WAIT": descriptors])
    }

    private static func samples(growing: Bool) -> [CheckResult.Sample] {
        (0...120).map { sample($0, descriptors: growing ? 10 + $0 : 10) }
    }

    private static func lines(growing: Bool = true, ended: Bool = true) throws -> [String] {
        var header = header
        header.descriptorLimit = 1000
        var entries: [CheckRecord.Entry] = [.header(header)]
        var state = WatchState()
        for sample in samples(growing: growing) {
            state.add(sample)
            entries.append(.sample(sample))
        }
        let watch = try #require(header.watch)
        if ended { entries.append(.end(CheckRecord.End(WatchResult(header, watch, state)))) }
        return try entries.map(RecordLine.render)
    }

    private static func read(_ lines: [String]) throws -> CheckRecord {
        try RecordReader.read(Array(lines.joined().utf8))
    }

    private static func progress(_ samples: [CheckResult.Sample]) throws -> Watch.Progress {
        var state = WatchState()
        for sample in samples { state.add(sample) }
        return Watch.Progress(header: header, processes: 2, sample: try #require(samples.last), state: state)
    }

    @Test("the heap and gauges of the target's own stand on the page, in the line and in the summary, as last read")
    func probed() throws {
        var samples = Self.samples(growing: false)
        for index in samples.indices where index % 4 == 0 {
            samples[index].probed = ["liveHeap": 12_000_000 + Double(index), "goroutines": 9, "app_sessions": 2.5]
        }
        samples.append(Self.sample(121, descriptors: 10))
        var progress = try Self.progress(samples)
        progress.heapReadingSeconds = 0.25
        for format in [OpenMetricsText.Format.openMetrics, .prometheus] {
            let page = WatchMetrics.page(progress, format)
            for line in [
                "watertight_watch_live_heap_bytes 12000120", "watertight_watch_goroutines 9",
                "watertight_watch_probed{gauge=\"app_sessions\"} 2.5", "watertight_watch_heap_reading_seconds 0.25",
            ] { #expect(page.contains("\n\(line)\n"), "\(line)\n\(page)") }
        }
        #expect(!WatchMetrics.page(try Self.progress(Self.samples(growing: false)), .prometheus).contains("heap"))
        #expect(WatchLine.render(progress).contains(" app_sessions=2.5 goroutines=9 liveHeap=12000120 "))
        var header = Self.header
        header.probes = [.init(resource: .liveHeap, source: "V8's inspector")]
        let result = WatchResult(header, try #require(header.watch), progress.state)
        let text = WatchReport(result, usesColour: false).render()
        #expect(text.contains("live heap    V8's inspector\n") && text.contains("\nlive heap "))
        #expect(try WatchJSON.render(result).contains("\"source\" : \"V8's inspector\""))
        var live = LiveWatch()
        live.add(progress)
        #expect(live.markup(of: "plots").contains("<figcaption>live heap</figcaption>"))
    }

    @Test("the record of growth says how much, when the limit is reached, and no leak")
    func growth() throws {
        let result = try #require(Self.read(Self.lines()).recordedWatch)
        #expect(result.verdict == .inconclusive && result.samples == 121)
        let text = WatchReport(result, usesColour: false).render()
        #expect(
            text.contains("descriptors           10      130      130    +3,600  +3,600 to +3,600  inconclusive\n"))
        #expect(text.contains("descriptors: grew persistently under this traffic; "))
        #expect(text.contains("at this rate 1,000 descriptors, the limit, are reached in 15 min\n"))
        #expect(
            text.hasSuffix("inconclusive: a watch cannot tell a leak; watertight check drives the server and can\n"))
        #expect(!text.contains("\u{1B}") && WatchReport(result, usesColour: true).render().contains("\u{1B}[33m"))
        #expect(try WatchJSON.render(result).contains("\"schema\" : \"watertight.watch/1\""))
    }

    @Test("the record of a flat process is clean")
    func flat() throws {
        let record = try Self.read(Self.lines(growing: false))
        let result = try #require(record.judgedWatch)
        #expect(result.verdict == .clean)
        let text = WatchReport(result, usesColour: false).render()
        #expect(text.contains("  clean < 90.00\n") && text.hasSuffix("clean: nothing grew under this traffic\n"))
        #expect(try WatchJSON.render(result) == WatchJSON.render(try #require(record.recordedWatch)))
    }

    @Test("a watch killed in any line leaves a record of what was seen")
    func killed() throws {
        let lines = try Self.lines(ended: false)
        let text = lines.joined()
        for count in stride(from: lines[0].utf8.count, through: text.utf8.count, by: 997) {
            let result = try #require(RecordReader.read(Array(text.utf8.prefix(count))).recordedWatch)
            #expect(result.isUnfinished && result.verdict == .inconclusive)
            #expect(WatchReport(result, usesColour: false).render().hasSuffix("; the watch was killed\n"))
        }
    }

    @Test("a line that cannot belong to the record of a watch is named")
    func corrupt() throws {
        let lines = try Self.lines()
        for (old, new) in [
            ("\"seconds\":3,", "\"seconds\":2,"), ("\"socket\":13", "\"socket\":-1"),
            ("\"lifecycle\":\"watch\"", "\"lifecycle\":\"fin\""),
        ] {
            var changed = lines
            changed[4] = changed[4].replacing(old, with: new)
            #expect(changed[4] != lines[4])
            #expect(throws: RecordReader.Failure.self) { try Self.read(changed) }
        }
        #expect(try Self.read(lines).samples.count == 121)
    }

    @Test("a line of a sample names everything, always in the same order")
    func line() throws {
        #expect(
            try WatchLine.render(Self.progress([Self.sample(0, descriptors: 2), Self.sample(3, descriptors: 5)]))
                == "seconds=3.00 processes=2 descriptors=5 descriptors.socket=5 tcp.CLOSE_WAIT=5 threads=4 "
                + "privateMemory=1048576 residentMemory=2097152\n")
    }

    @Test("the block takes its own place again, and fits the terminal")
    func block() throws {
        var block = WatchBlock(usesColour: false)
        let first = try block.render(Self.progress([Self.sample(0, descriptors: 2)]), columns: 60, rows: 24)
        #expect(!first.hasPrefix("\u{1B}") && first.count { $0 == "\n" } == 10)
        let samples = [Self.sample(0, descriptors: 2), Self.sample(65, descriptors: 5)]
        let second = try block.render(Self.progress(samples), columns: 60, rows: 6)
        #expect(second.hasPrefix("\u{1B}[10A\r\u{1B}[J"))
        #expect(second.count { $0 == "\n" } == 5 && second.contains("01:05  2 processes"))
        #expect(second.contains("descriptors") && second.contains("+3") && second.contains("▁█"))
        let narrow = try block.render(Self.progress(samples), columns: 20, rows: 24)
        #expect(narrow.hasPrefix("\u{1B}[5A"))
        let lines = narrow.dropFirst("\u{1B}[5A\r\u{1B}[J".count).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count - "\u{1B}[K".count < 20 })
        #expect(block.erase() == "\u{1B}[10A\r\u{1B}[J" && block.erase().isEmpty)
    }
}
