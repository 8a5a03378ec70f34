import LeakCheck
import LeakStatistics
import Testing

@testable import LeakReports

@Suite("The report of a comparison")
struct ComparisonReportTests {
    /// In which `fin` leaks twice as much, `reset` is new but would not have been seen, and one row is gone.
    private static let comparison = CheckComparison(
        before: [
            .init(lifecycle: "fin", resource: .descriptors, verdict: .leak, perConnection: 0.5, interval: 0.49...0.51),
            .init(lifecycle: "reset", resource: .privateMemory, verdict: .clean, smallestDetectable: 512),
            .init(lifecycle: "old", resource: .descriptors, verdict: .clean, smallestDetectable: 0.01),
        ],
        after: [
            .init(lifecycle: "fin", resource: .descriptors, verdict: .leak, perConnection: 1, interval: 1...1),
            .init(
                lifecycle: "reset", resource: .privateMemory, verdict: .leak, perConnection: 300, interval: 280...320),
        ])

    @Test("the worst comes first, and a doubt is said")
    func text() {
        #expect(
            ComparisonText(Self.comparison, before: "a", after: "b").render() == """
                before  a
                after   b

                new    reset, privateMemory  clean < 512 B -> leak 300 B (280 to 320 B), which the check before would not have seen
                grown  fin, descriptors      leak 0.50 (0.49 to 0.51) -> leak 1.00 (1.00 to 1.00)

                worse: 1 new, 1 grown (of 2 lifecycles, 1 no longer checked)

                """)
    }

    @Test("nothing is one line, and both targets are named only where they differ")
    func nothing() {
        let finding = CheckComparison.Finding(lifecycle: "fin", resource: .descriptors, verdict: .clean)
        let comparison = CheckComparison(before: [finding], after: [finding])
        #expect(
            ComparisonText(comparison, before: "a", after: "a").render()
                == "no worse: no leak in either (of 1 lifecycle)\n")
    }

    @Test("Markdown begins with the mark of its comment, and nothing in a target breaks out of it")
    func markdown() {
        let text = ComparisonText(Self.comparison, before: "<script>|`", after: "b").markdown()
        #expect(text.hasPrefix("<!-- watertight compare -->\n## ✗ Watertight: worse: 1 new, 1 grown"))
        #expect(!text.contains("<script>"))
    }

    @Test("a report's JSON is read back as the findings that it was made of")
    func roundTrip() throws {
        let bytes = Array(try JSONReport.render(sampleResult).utf8)
        #expect(ReportedFindings.isReport(bytes))
        let read = try ReportedFindings.read(bytes)
        #expect(read.target == "serve")
        let expected = sampleResult.comparedFindings
        #expect(read.findings.map(\.verdict) == expected.map(\.verdict))
        #expect(read.findings.map(\.perConnection) == expected.map(\.perConnection))
        #expect(CheckComparison(before: expected, after: read.findings).verdict == .clean)
    }

    @Test("what is no report", arguments: ["", "{}", "[1]", "{\"schema\": \"watertight.check/1\"}"])
    func foreign(text: String) {
        #expect(throws: ReportedFindings.Failure.self) { try ReportedFindings.read(Array(text.utf8)) }
    }

    @Test("a report of another version says so")
    func version() {
        let failure = #expect(throws: ReportedFindings.Failure.self) {
            try ReportedFindings.read(Array("{\"schema\": \"watertight.check/9\"}".utf8))
        }
        #expect("\(failure!)".contains("use the version that wrote it"))
    }
}
