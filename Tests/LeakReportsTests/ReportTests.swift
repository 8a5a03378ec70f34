import Foundation
import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("JSON report")
struct JSONReportTests {
    private func object(_ result: CheckResult) throws -> [String: Any] {
        let text = try JSONReport.render(result)
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func schema() throws {
        let report = try object(sampleResult)
        #expect(report["schema"] as? String == "watertight.check/1")
        #expect(report["verdict"] as? String == "leak")
        #expect(report["startedAt"] as? String == "2026-03-01T12:00:00Z")
        #expect(report["budgetSeconds"] as? Double == 60)
        #expect(report["concurrency"] as? Int == 16)
        #expect(report["descriptorLimit"] as? Int == 1030)
        #expect(report["seed"] as? Int == 4711)
        #expect(report["durationSeconds"] as? Double == 12.25)
        #expect(report["isolation"] as? String == "processPerLifecycle")
        #expect(report["interrupted"] as? Bool == false)
        let rows = try #require(report["results"] as? [[String: Any]])
        #expect(rows.map { $0["lifecycle"] as? String } == ["fin", "reset/open"])
        let connections = try #require(rows[0]["connections"] as? [String: Any])
        #expect(rows.map { $0["reproducer"] as? String } == ["watertight check --lifecycle fin", nil])
        #expect(connections["attempted"] as? Int == 2000)
        #expect(connections["completed"] as? Int == 1990)
        #expect(connections["refused"] as? Int == 10)
        let resources = try #require(rows[0]["resources"] as? [[String: Any]])
        #expect(resources.map { $0["resource"] as? String } == ["descriptors", "threads", "privateMemory"])
        #expect(resources.map { $0["unit"] as? String } == ["descriptors", "threads", "bytes"])
        #expect(resources[0]["verdict"] as? String == "leak")
        #expect(resources[0]["perConnection"] as? Double == 0.6)
        #expect((resources[0]["statement"] as? String)?.hasPrefix("each connection leaves 0.60 descriptors") == true)
        #expect((resources[0]["interval"] as? [Double])?.count == 2)
        #expect(resources[2]["smallestDetectable"] as? Double == 12)
        let detail = try #require(resources[0]["detail"] as? [String: Any])
        #expect(detail["tcpStates"] as? [String: Int] == ["CLOSE_WAIT": 1200])
        let samples = try #require(report["samples"] as? [[String: Any]])
        #expect(samples[0]["privateMemory"] as? Int == 1_000_000)
        #expect(samples[0]["phase"] as? String == "measure")
    }

    @Test("what ended a check early is said")
    func interruptions() throws {
        var result = sampleResult
        result.interruption = .interrupted
        #expect(try object(result)["interrupted"] as? Bool == true)
        result.interruption = .targetLost("process 7 has exited")
        #expect(try object(result)["targetLost"] as? String == "process 7 has exited")
    }
}

@Suite("Text report")
struct TextReportTests {
    @Test func tableAndParagraphs() {
        let text = TextReport(sampleResult, usesColour: false).render()
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("lifecycle ") && $0.contains("privateMemory") })
        #expect(lines.contains { $0.hasPrefix("fin ") && $0.contains("leak") && $0.contains("0.60") })
        #expect(
            lines.contains { $0.contains("each connection leaves 0.60 descriptors") && $0.contains("1200 CLOSE_WAIT") })
        #expect(lines.contains("  reproduce: watertight check --lifecycle fin"))
        #expect(lines.contains("reset/open, descriptors: it grows like a leak, but of 114 verdicts one may by chance"))
        #expect(lines.contains("note         a note"))
        #expect(lines.last == "leak: fin (12.25 s, seed 4711)")
        #expect(!text.contains("\u{1B}"))
        #expect(!lines.contains { $0.hasSuffix(" ") })
    }

    @Test("the same doubt about several is said once")
    func sameDoubt() {
        var result = sampleResult
        result.rows.append(
            CheckResult.Row(lifecycle: .bareTCP, connections: .init(), resources: result.rows[1].resources))
        let lines = TextReport(result, usesColour: false).render().split(separator: "\n").map(String.init)
        #expect(lines.count { $0.contains("it grows like a leak, but of 114 verdicts one may by chance") } == 1)
        #expect(lines.contains("inconclusive: it grows like a leak, but of 114 verdicts one may by chance"))
        #expect(lines.contains("  reset/open descriptors, bare-tcp descriptors"))
    }

    @Test("columns stand under their heads, with colour as without")
    func alignment() {
        let plain = TextReport(sampleResult, usesColour: false).render()
        let coloured = TextReport(sampleResult, usesColour: true).render()
        #expect(coloured.contains("\u{1B}[31m"))
        let stripped = coloured.replacing(/\u{1B}\[[0-9]+m/, with: "")
        #expect(stripped == plain)
    }

    @Test(arguments: [
        (0.0, "0 B"), (-4.4, "-4 B"), (1023.6, "1024 B"), (9999, "9999 B"), (10_240, "10.0 KiB"),
        (1_500_000, "1.4 MiB"), (3_000_000_000, "2861.0 MiB"),
    ])
    func bytes(amount: Double, text: String) {
        #expect(Amount.bytes(amount) == text)
    }

    @Test(
        "a bound is rounded up and never zero",
        arguments: [
            (0.00001, Resource.threads, "0.0001"), (0.00031, .descriptors, "0.0004"), (0.2, .threads, "0.20"),
            (0.2, .privateMemory, "1 B"), (12.01, .privateMemory, "13 B"),
        ])
    func bound(amount: Double, resource: Resource, text: String) {
        #expect(Amount.bound(amount, resource) == text)
    }

    @Test(arguments: [(0.0, "0"), (1, "1.00"), (0.6, "0.60"), (0.0123, "0.012"), (0.004, "0.0040"), (-0.25, "-0.25")])
    func count(amount: Double, text: String) {
        #expect(Amount.count(amount) == text)
    }
}
