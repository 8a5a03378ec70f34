import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakReports
@testable import Search

@Suite("Reports of a search")
struct SearchReportTests {
    private static let dying = SearchFinding(
        suspect: Suspect(
            symptom: .ended,
            script: SearchScript([.sendRequest, .awaitUpgrade, .sendPings(1), .leaveWithReset], concurrency: 1),
            predecessors: [SearchScript([.sendHalfRequest, .leaveWithFIN], concurrency: 1)], amount: 1),
        proof: .failure(.ended("process 7 was ended by signal 11")), repetitions: 2)

    private func result(_ findings: [SearchFinding]) -> SearchResult {
        var result = SearchResult(seed: 5, budgetSeconds: 60)
        result.findings = findings
        result.target = "node server.js"
        result.runtime = "node 20"
        result.resources = ["descriptors"]
        (result.counts.scripts, result.counts.screens, result.counts.followedScreens) = (1234, 7, 2)
        result.searchingSeconds = 10
        return result
    }

    @Test("a finding has what happened, its scripts in order, and the command where there is one")
    func paragraph() {
        let lines = SearchReport.paragraph(
            Self.dying, number: 3, reproducer: "watertight check --script found-3.lifecycle")
        #expect(
            lines == [
                "found-3      ended: the target ended: process 7 was ended by signal 11",
                "  after found-3-before-1.lifecycle:",
                "    request half", "    fin", "  found-3.lifecycle:", "    open", "    pings 1", "    reset",
                "  2 more scripts come to the same", "  reproduce: watertight check --script found-3.lifecycle",
            ])
    }

    @Test("the end says what was found, or that nothing was, and what ended the search")
    func conclusion() {
        #expect(SearchReport(result([]), reproducers: []).conclusion == "nothing was found (seed 5)")
        #expect(
            SearchReport(result([Self.dying]), reproducers: [nil], from: 4).conclusion
                == "found: ended found-4 (seed 5)")
        var interrupted = result([])
        interrupted.interruption = .interrupted
        #expect(
            SearchReport(interrupted, reproducers: []).conclusion
                == "nothing was found; interrupted before the end (seed 5)")
        #expect(SearchReport(interrupted, reproducers: []).render().contains("1,234 scripts in 7 screens, 2 of them"))
    }

    @Test("the time is told by its parts, the largest first, with what no part has")
    func time() throws {
        var result = result([])
        result.durationSeconds = 60
        result.time[.reading] = .seconds(9)
        result.time[.screening] = .seconds(48)
        (result.time.ownProcessor, result.time.targetProcessor) = (.seconds(20), .seconds(12))
        #expect(
            SearchReport(result, reproducers: []).render().contains(
                "time         screening 48 s, reading 9 s, the rest 3 s; of processors the search used 20 s, the target 12 s\n"
            ))
        let json = try SearchJSON.render(result, reproducers: [])
        #expect(json.contains("\"screeningSeconds\" : 48") && json.contains("\"targetProcessorSeconds\" : 12"))
        result.durationSeconds = 0
        result.time = SearchTime()
        #expect(
            SearchReport(result, reproducers: []).render().contains("time         of processors the search used 0 s"))
    }

    @Test("JSON and the record have the same, with their schemas")
    func json() throws {
        let text = try SearchJSON.render(result([Self.dying]), reproducers: [nil], from: 2)
        #expect(
            text.contains("\"schema\" : \"watertight.search/1\"") && text.contains("\"name\" : \"found-2.lifecycle\""))
        #expect(
            text.contains("\"script\" : \"open\\npings 1\\nreset\\n\"") && text.contains("\"scriptsPerSecond\" : 123.4")
        )
        let line = try SearchJSON.line(.tried(scripts: 64, symptom: .growth(.init(rawValue: "blocks")), amount: 2))
        #expect(line == "{\"amount\":2,\"kind\":\"tried\",\"scripts\":64,\"symptom\":\"blocks grows\"}\n")
        #expect(try SearchJSON.line(.began(target: "t", runtime: "r", seed: 1)).contains("watertight.search-record/1"))
    }

    @Test("the live line leaves out whole what a terminal has no room for", arguments: [40, 60, 80, 200])
    func progress(columns: Int) {
        let line = SearchProgressLine.render(
            SearchProgress(
                seconds: 31.7, counts: .init(), signatures: 17, findings: 2, suspicion: nil, isConfirming: false),
            budgetSeconds: 600, columns: columns)
        let text = line.dropFirst(ProgressLine.erasure.count)
        #expect(text.count < columns)
        #expect(text.hasPrefix("2 found  569 of 600 s left  searching"))
        #expect(columns < 200 || text.hasSuffix("17 ways of answering  0 suspects, 0 refuted"))
    }

    @Test("a file of a corpus says what it is about, in one line, and is a script")
    func corpus() throws {
        let text = SearchWords(Self.dying, number: 1).script
        #expect(text.hasPrefix("# ended: the target ended: process 7"))
        #expect(try CorpusScript.parse(text, name: "found-1.lifecycle") == Self.dying.suspect.script)
    }
}
