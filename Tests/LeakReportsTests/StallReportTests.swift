import Foundation
import Lifecycles
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("A stall in the reports")
struct StallReportTests {
    private var stalled: CheckResult {
        var result = sampleResult
        result.rows[1].stall = CheckResult.Stall(
            .answering, after: 1990, hasRecovered: false, pauseSeconds: 5, isOutOfDescriptors: false)
        return result
    }

    private let words = "reset/open: the target stopped answering after 1990 connections, while its process lived on"

    @Test("every format that shows remarks has a paragraph for it")
    func paragraphs() throws {
        let text = TextReport(stalled, usesColour: false).render()
        #expect(text.contains("\n\(words); it did not take part again within 5 s"))
        #expect(text.contains("inconclusive 0.20? (stalled)"))
        #expect(text.contains("leak: fin; the target stalled: reset/open ("))
        #expect(MarkdownReport.render(stalled).contains("**? reset/open: the target stopped answering"))
        let page = HTMLReport.render(stalled)
        #expect(page.contains("Where the target stalled") && page.contains("<p>\(words)"))
        let suite = JUnitReport.render(stalled)
        #expect(suite.contains("classname=\"reset/open\" name=\"stall\""))
        #expect(suite.contains("tests=\"7\" failures=\"1\" errors=\"2\""))
    }

    @Test("one silent peer for whom all others wait has words of its own")
    func serving() {
        var result = sampleResult
        result.rows[1].stall = CheckResult.Stall(
            .serving, after: 1990, hasRecovered: true, pauseSeconds: 5, isOutOfDescriptors: false)
        let text = MarkdownReport.render(result)
        #expect(text.contains("serves nobody else while one peer of this lifecycle is silent"))
        #expect(text.contains("the TLS handshake, apart from accepting connections"))
    }

    @Test("nothing is said of it where there was none")
    func none() throws {
        for text in [
            TextReport(sampleResult, usesColour: false).render(), MarkdownReport.render(sampleResult),
            HTMLReport.render(sampleResult), JUnitReport.render(sampleResult), try JSONReport.render(sampleResult),
        ] {
            #expect(!text.contains("stall\"") && !text.contains("stalled:") && !text.contains("(stalled)"))
        }
    }

    @Test("the JSON report and the record keep it whole")
    func machines() throws {
        let json = try JSONSerialization.jsonObject(with: Data(try JSONReport.render(stalled).utf8)) as? [String: Any]
        let rows = try #require(json?["results"] as? [[String: Any]])
        let stall = try #require(rows[1]["stall"] as? [String: Any])
        #expect(stall["kind"] as? String == "answering" && stall["connections"] as? Int == 1990)
        #expect(stall["hasRecovered"] as? Bool == false && stall["pauseSeconds"] as? Double == 5)
        #expect(stall["isOutOfDescriptors"] as? Bool == false)
        let page = OpenMetricsReport.render(stalled)
        #expect(page.contains("watertight_stalled{lifecycle=\"fin\"} 0\n"))
        #expect(page.contains("watertight_stalled{lifecycle=\"reset/open\"} 1\n"))
        var row = RowMeasurement(.fin)
        row.stall = stalled.rows[1].stall
        let line = try RecordLine.render(.row(CheckRecord.RowFacts(row)))
        guard case .row(let facts) = try RecordLine.entry(of: Array(line.utf8.dropLast())[...]) else {
            Issue.record("\(line)")
            return
        }
        #expect(facts.stall == row.stall)
    }
}
