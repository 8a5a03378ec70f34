import LeakStatistics
import Testing

@testable import LeakCheck
@testable import LeakReports
@testable import Search

/// What live pages show of a watch, a search and a server.
@Suite("Live pages of other runs")
struct LiveStateTests {
    @Test("a watch: gauges with their change, sockets, and plots over time")
    func watch() {
        var state = LiveWatch()
        #expect(state.markup(of: "heading").contains("Looking at the target"))
        var watched = WatchState()
        let header = CheckRecord.Header(
            watch: CheckRecord.Watch(intervalSeconds: 1, durationSeconds: nil), startedAt: "2026-03-01T12:00:00Z",
            target: "process 7 (<server>)", runtime: "native", usesTracingGC: false)
        for second in 0..<3 {
            let sample = CheckResult.Sample(
                lifecycle: CheckRecord.watchLabel, connections: 0, seconds: Double(second), phase: .measure,
                descriptors: 10 + second, threads: 4, privateMemory: 1 << 20, residentMemory: 2 << 20,
                descriptorKinds: ["socket": 5], tcpStates: ["CLOSE_WAIT": 5])
            watched.add(sample)
            state.add(Watch.Progress(header: header, processes: 2, sample: sample, state: watched))
        }
        #expect(state.markup(of: "heading").contains("process 7 (&lt;server&gt;)"))
        #expect(state.markup(of: "now").contains("2 processes"))
        #expect(state.markup(of: "sockets").contains("<b>5</b> CLOSE_WAIT"))
        #expect(state.markup(of: "plots").ranges(of: "class=\"level\"").count == 4)
        #expect(state.markup(of: "gauges").contains(">+2<"))
        var result = WatchResult(header, .init(intervalSeconds: 1), watched)
        result.notes = []
        state.end(with: result)
        #expect(state.isOver && state.markup(of: "now").isEmpty && state.markup(of: "heading").contains("inconclusive"))
    }

    @Test("a server: its connections, and how they ended")
    func serve() {
        var state = LiveServe()
        #expect(state.markup(of: "heading").contains("starting"))
        state.begin(url: "ws://127.0.0.1:9001/")
        for second in 0..<3 {
            state.add(
                LiveServe.Moment(
                    seconds: Double(second), open: 2, accepted: 1234, ended: [("fin", 1232), ("reset", 0)],
                    descriptors: 9, sockets: ["LISTEN": 1], heapBytes: 4096))
        }
        #expect(state.markup(of: "heading").contains("listening"))
        #expect(state.markup(of: "now").contains("1,234 accepted so far"))
        #expect(state.markup(of: "plots").ranges(of: "class=\"level\"").count == 3)
        #expect(state.markup(of: "endings").contains(">1,232<"))
        state.end()
        #expect(state.isOver && state.markup(of: "heading").contains("ended"))
    }

    @Test("a search: how far it is, what it follows, what it found")
    func search() {
        var state = LiveSearch(budgetSeconds: 60, from: 3)
        state.add(.began(target: "<app>", runtime: "native", seed: 5))
        for second in 0..<3 {
            state.add(
                SearchProgress(
                    seconds: Double(second), counts: SearchSchedule.Counts(), signatures: second, findings: 0,
                    suspicion: nil, isConfirming: false))
        }
        #expect(state.markup(of: "heading").contains("nothing found so far"))
        #expect(state.markup(of: "heading").contains("&lt;app&gt; (native)"))
        #expect(state.markup(of: "now").contains("58 of 60 s left"))
        #expect(state.markup(of: "plots").ranges(of: "class=\"level\"").count == 2)
        #expect(state.markup(of: "findings").isEmpty)
        state.add(.ended(SearchResult(seed: 5, budgetSeconds: 60)))
        #expect(state.isOver && state.markup(of: "heading").contains("nothing was found"))
    }

    @Test("an axis of time has seconds, minutes or hours")
    func time() {
        for (seconds, unit) in [(120.0, "seconds"), (1200, "minutes"), (86_400, "hours")] {
            let axis = Axis(0...seconds, pixels: (0, 100), unit: .seconds)
            #expect(axis.unitName == unit && (3...6).contains(axis.ticks.count), "\(axis.ticks)")
        }
    }
}
