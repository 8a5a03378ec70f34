import Foundation
import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck
@testable import LeakReports

/// What a live page shows of a check, as a value: the run's reports in, messages for viewers out.
@Suite("Live page of a check")
struct LiveCheckTests {
    /// A message as its viewer reads it.
    private struct Message: Decodable {
        var revision: Int
        var isOver: Bool
        var parts: [Part]

        struct Part: Decodable {
            var name: String
            var markup: String
        }

        subscript(_ name: String) -> String? { parts.first { $0.name == name }?.markup }
    }

    private static func message(_ state: LiveCheck, since revision: Int = 0) throws -> Message? {
        var messages = LiveMessages()
        let text = messages.message(of: state, since: revision)
        #expect(text?.contains("\n") != true)
        return try text.map { try JSONDecoder().decode(Message.self, from: Data($0.utf8)) }
    }

    private static func header(target: String = "serve") -> CheckRecord.Header {
        CheckRecord.Header(
            startedAt: "2026-03-01T12:00:00Z", seed: 7, budgetSeconds: 60, concurrency: 16, target: target,
            runtime: "native", collectsLazily: false, isolation: .processPerLifecycle, notes: [],
            rows: [
                CheckRecord.Row(lifecycle: "fin", compressed: false, reproducer: "watertight check --lifecycle fin"),
                CheckRecord.Row(lifecycle: "reset/open", compressed: false),
            ])
    }

    private static func progress(
        _ lifecycle: String, decided: Int = 0, finished: CheckResult.Row? = nil
    ) -> LeakCheck.Progress {
        var progress = LeakCheck.Progress(
            lifecycle: lifecycle, phase: .measure, connections: 100, privateMemory: 1 << 20, seconds: 1,
            decided: decided, rows: 2)
        progress.finished = finished
        return progress
    }

    /// A check of `plottedResult` up to the moment when its first row is decided.
    private static func halfway(target: String = "serve") -> LiveCheck {
        var state = LiveCheck(budgetSeconds: 60)
        state.add(.header(header(target: target)))
        for sample in plottedResult.samples where sample.lifecycle == "fin" {
            state.add(.sample(sample))
            state.add(progress("fin"))
        }
        var row = plottedResult.rows[0]
        row.reproducer = nil
        state.add(progress("fin", decided: 1, finished: row))
        return state
    }

    @Test("rows wait, are driven with plots that grow, and are decided one by one")
    func course() throws {
        var state = LiveCheck(budgetSeconds: 60)
        #expect(try Self.message(state)?["heading"]?.contains("Looking at the target") == true)
        state.add(.header(Self.header()))
        let begun = try #require(try Self.message(state))
        #expect(begun["heading"]?.contains("no leak so far") == true)
        #expect(begun["verdicts"]?.ranges(of: ">waits<").count == 2)

        let samples = plottedResult.samples.filter { $0.lifecycle == "fin" }
        state.add(.sample(samples[0]))
        state.add(Self.progress("fin"))
        state.add(.sample(samples[1]))
        let driven = try #require(try Self.message(state, since: begun.revision))
        #expect(driven["verdicts"]?.contains(">is driven<") == true && driven["heading"] == nil)
        #expect(driven["plots"]?.ranges(of: "<circle").count == 3 * 2)
        state.add(.sample(samples[2]))
        let grown = try #require(try Self.message(state, since: driven.revision))
        #expect(grown.parts.map(\.name) == ["plots"] && grown["plots"]?.ranges(of: "<circle").count == 3 * 3)

        let decided = try #require(try Self.message(Self.halfway(), since: grown.revision))
        #expect(decided["heading"]?.contains("leak: fin") == true)
        #expect(decided["leaks"]?.contains("plot large") == true)
        #expect(decided["leaks"]?.contains("watertight check --lifecycle fin") == true)
        #expect(decided["verdicts"]?.contains("0.60") == true && decided["verdicts"]?.contains(">waits<") == true)
    }

    @Test("who comes late gets the whole state, and then what changes; one who lacks nothing gets nothing")
    func late() throws {
        var state = Self.halfway()
        let whole = try #require(try Self.message(state))
        #expect(whole.parts.map(\.name) == ["heading", "now", "plots", "leaks", "verdicts"])
        #expect(try Self.message(state, since: whole.revision) == nil)
        state.add(Self.progress("fin", decided: 1))
        #expect(try Self.message(state, since: whole.revision)?.parts.map(\.name) == ["now"])
    }

    @Test("each part is rendered once for all viewers")
    func rendered() {
        var messages = LiveMessages()
        let state = Self.halfway()
        let first = messages.message(of: state, since: 0)
        #expect(first != nil && messages.message(of: state, since: 0) == first)
        #expect(state.markup(of: "no such part").isEmpty)
    }

    @Test("sockets by state, those of which there are most first")
    func sockets() throws {
        var state = LiveCheck(budgetSeconds: 60)
        state.add(.header(Self.header()))
        var sample = plottedResult.samples[0]
        sample.tcpStates = ["LISTEN": 1, "CLOSE_WAIT": 1200]
        state.add(.sample(sample))
        let markup = try #require(try Self.message(state)?["sockets"])
        #expect(markup.contains("<li><b>1,200</b> CLOSE_WAIT</li><li><b>1</b> LISTEN</li>"))
        // The same again changes nothing.
        let revision = state.changes.revision
        state.add(.sample(sample))
        #expect(try Self.message(state, since: revision)?["sockets"] == nil)
    }

    @Test("what it holds is bounded, however long the check goes on; the pause is kept")
    func bounded() {
        var state = LiveCheck(budgetSeconds: 60)
        state.add(.header(Self.header()))
        var sample = plottedResult.samples[0]
        for number in 0..<20_000 {
            sample.connections = number
            sample.phase = number == 5000 ? .pause : .measure
            state.add(.sample(sample))
        }
        let kept = state.samples["fin"] ?? []
        #expect(kept.count <= LiveSeries.capacity + 1 && kept.first?.connections == 0)
        #expect(kept.last?.connections == 19_999 && kept.contains { $0.phase == .pause })
    }

    @Test("a row that is left out disappears")
    func inapplicable() throws {
        var state = LiveCheck(budgetSeconds: 60)
        state.add(.header(Self.header()))
        var row = RowMeasurement(.reset)
        row.isInapplicable = true
        state.add(.row(CheckRecord.RowFacts(row)))
        #expect(try Self.message(state)?["verdicts"]?.contains("reset/open") == false)
    }

    @Test("a leak that is known is shown as such")
    func known() throws {
        var state = LiveCheck(
            budgetSeconds: 60,
            knownLeaks: [
                KnownLeak(
                    lifecycle: "fin", resource: .descriptors, perConnection: 0.6, reason: "upstream",
                    expires: try #require(CalendarDay("2026-12-31")))
            ])
        state.add(.header(Self.header()))
        state.add(Self.progress("fin", decided: 1, finished: plottedResult.rows[0]))
        #expect(try Self.message(state)?["leaks"]?.contains("card known") == true)
    }

    @Test("in the end it is the report, with every part of it")
    func over() throws {
        var state = Self.halfway()
        state.add(Self.progress("reset/open", decided: 1))
        state.end(with: plottedResult)
        let message = try #require(try Self.message(state))
        #expect(message.isOver && message["now"] == "" && message["plots"] == "")
        let shown = message.parts.map(\.markup).joined()
        for part in CheckPage(result: plottedResult).parts {
            #expect(shown.contains("<h2 id=\"\(part.part.rawValue)\">"))
            for content in part.content { #expect(shown.contains(content)) }
        }
        // What is reported late changes nothing.
        let revision = state.changes.revision
        state.add(Self.progress("fin"))
        #expect(state.changes.revision == revision)
    }

    @Test("nothing that a target says is markup, nor a script")
    func hostile() throws {
        let text = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
        let shown = try #require(try Self.message(Self.halfway(target: text))).parts.map(\.markup).joined()
        #expect(!shown.contains("<script") && !shown.contains("<img") && shown.contains("&lt;script&gt;"))
        let page = LivePage.document(of: LiveCheck.self, nonce: "n")
        #expect(page.ranges(of: "<script").count == 1 && page.contains("<script nonce=\"n\">"))
        #expect(LiveCheck.partNames.allSatisfy { page.contains("<div id=\"part-\($0)\"></div>") })
    }
}
