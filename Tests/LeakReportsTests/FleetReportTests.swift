import Fleet
import LeakReports
import LeakStatistics
import Testing

@Suite("Reports of a fleet")
struct FleetReportTests {
    private static let result: FleetResult = {
        var result = FleetResult(
            time: 1_700_006_400..<1_700_611_200, selector: "job=\"chat\"", step: 300, connections: "accepted_total",
            open: "open", groupLabel: "version", baseline: LabelMatcher("version=\"1.4\""))
        result.notes = [.partial("store-2 | did not answer")]
        result.findings = [
            .init(
                group: "1.4", isBaseline: true, resource: .descriptors, metric: "process_open_fds", pods: 8, lives: 9,
                connections: 120_000, verdict: .clean, perConnection: 0, interval: -0.0001...0.0002,
                smallestDetectable: 0.0002),
            .init(
                group: "1.5", resource: .descriptors, metric: "process_open_fds", pods: 4, lives: 4,
                connections: 60_000, verdict: .leak, perConnection: 0.02, interval: 0.019...0.021,
                smallestDetectable: 0.021, growingPods: 4,
                exhaustion: .init(pod: "chat-3", limit: 65_536, time: 1_701_000_000)),
            .init(
                group: "1.5", resource: .liveHeap, metric: "process_heap_bytes", pods: 4, lives: 4, connections: 60_000,
                verdict: .inconclusive, perConnection: 64, interval: 32...96, reason: .equalShares(spread: 0.04)),
        ]
        return result
    }()

    @Test("text")
    func text() {
        #expect(
            FleetReport(Self.result, usesColour: false).render() == """
                fleet        job="chat"
                time         2023-11-15T00:00:00Z to 2023-11-22T00:00:00Z, a reading in 300 s
                connections  accepted_total, open ones open
                baseline     version="1.4"
                note         Prometheus answered in part: store-2 | did not answer

                version         resource     pods  lives  connections  verdict
                1.4 (baseline)  descriptors     8      9      120,000  clean < 0.0002
                1.5             descriptors     4      4       60,000  leak 0.020
                1.5             liveHeap        4      4       60,000  inconclusive
                amounts are per connection; after < stands the smallest leak that would have been seen

                1.5 descriptors: each connection leaves 0.020 descriptors, 99% interval 0.019 to 0.021; it grew in 4 of 4 pods; the first, chat-3, reaches its limit of 65,536 on Sunday, 2023-11-26
                1.5 liveHeap: inconclusive: it grew, and time and connections cannot be told apart: the connections an hour of pods differ by 4% of their mean; unequal shares, or a baseline, would decide (64 B a connection, 99% interval 32 to 96 B)

                leak: 1.5 descriptors

                """)
        #expect(
            FleetReport(Self.result, usesColour: true).render().contains("\u{1B}[31mleak: 1.5 descriptors\u{1B}[0m"))
    }

    @Test("Markdown, with nothing that is markup in what Prometheus says")
    func markdown() {
        let text = FleetMarkdown.render(Self.result)
        #expect(text.hasPrefix("## ✗ leak: 1.5 descriptors\n\n| version | resource | pods |"))
        #expect(text.contains("| 1.5 | descriptors | 4 | 4 | 60,000 | ✗ leak 0.020 |"))
        #expect(text.contains("store-2 \\| did not answer"))
    }

    @Test("what was not read is told with its numbers and why, by whoever ended it")
    func interrupted() throws {
        var result = Self.result
        result.interruption = .init(
            .lost(.unreachable(problem: "HTTP 503: busy", attempts: 3)), readUntil: 1_700_438_400,
            unread: ["go_goroutines"])
        let missing =
            "it was read until 2023-11-20T00:00:00Z; missing are the 48 h up to 2023-11-22T00:00:00Z, 29% of the time; "
            + "nothing was read of go_goroutines"
        let words = "Prometheus was lost: Prometheus cannot be asked: HTTP 503: busy, after 3 attempts; \(missing)"
        let text = FleetReport(result, usesColour: false).render()
        #expect(text.contains("note         \(words)\n"))
        #expect(text.hasSuffix("\nleak: 1.5 descriptors; Prometheus was lost before the end\n"))
        #expect(FleetHTML.render(result).contains(words))
        #expect(FleetJUnit.render(result).contains(words))
        let json = try FleetJSON.render(result)
        #expect(json.contains("\"prometheusLost\" : {") && !json.contains("\"interrupted\""))
        #expect(json.contains("\"missingSeconds\" : 172800"))
        #expect(
            FleetOpenMetrics.render(result).contains(
                "watertight_fleet_read_until_timestamp_seconds 1700438400\n"))
        result.interruption?.cause = .cancelled
        #expect(FleetReport(result, usesColour: false).render().contains("note         interrupted; \(missing)\n"))
        #expect(try FleetJSON.render(result).contains("\"interrupted\" : {"))
    }

    @Test("JSON")
    func json() throws {
        let text = try FleetJSON.render(Self.result)
        for part in [
            "\"schema\" : \"watertight.fleet/1\"", "\"verdict\" : \"leak\"", "\"at\" : \"2023-11-26T12:00:00Z\"",
            "\"isBaseline\" : true", "\"unit\" : \"bytes\"",
        ] { #expect(text.contains(part), "\(part)") }
    }
}
