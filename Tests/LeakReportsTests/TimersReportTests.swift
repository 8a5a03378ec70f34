import Foundation
import LeakStatistics
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("Timers that connections have left, in the reports")
struct TimersReportTests {
    private var result: CheckResult {
        var result = sampleResult
        result.rows[1].timers = .init(count: 1203, dueSeconds: 118.4)
        return result
    }

    @Test("the formats for people have a note")
    func notes() {
        let words = "reset/open: when connections had ended, 1,203 timers were set that fire once, due within 118 s"
        #expect(TextReport(result, usesColour: false).render().replacing("\n", with: " ").contains("1,203 timers"))
        #expect(MarkdownReport.render(result).contains(words))
        #expect(!MarkdownReport.render(sampleResult).contains("timers"))
    }

    @Test("the JSON report has how many, and within how many seconds they were due")
    func machines() throws {
        let json = try JSONSerialization.jsonObject(with: Data(try JSONReport.render(result).utf8)) as? [String: Any]
        let rows = try #require(json?["results"] as? [[String: Any]])
        let timers = try #require(rows[1]["timers"] as? [String: Any])
        #expect(timers["count"] as? Int == 1203 && timers["dueSeconds"] as? Double == 118.4)
        #expect(rows[0]["timers"] == nil)
    }

    @Test("a leak that they may give back is suspected, with when that would be")
    func pending() {
        let finding = CheckResult.Finding(
            resource: .descriptors, verdict: .inconclusive, perConnection: 1,
            reason: .timersPending(keptSeconds: 76, timers: 1203, dueSeconds: 900))
        #expect(
            finding.remark
                == "suspected: it was kept for 76 s, and 1,203 timers that connections left are due within 900 s, which may give "
                + "it back")
    }
}
