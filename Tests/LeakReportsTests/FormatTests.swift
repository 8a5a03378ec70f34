import Foundation
import LeakStatistics
import Lifecycles
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("A finding in words")
struct FindingTextTests {
    private func statement(_ result: CheckResult, _ row: Int, _ resource: Int) -> String {
        FindingText(result, result.rows[row], result.rows[row].resources[resource]).statement
    }

    @Test("a leak of descriptors says how much, how sure, until when, and in which state")
    func descriptors() {
        #expect(
            statement(sampleResult, 0, 0)
                == "each connection leaves 0.60 descriptors, 99% interval 0.50 to 0.70; at this rate 1,666 connections "
                + "exhaust the target's limit of 1,030 descriptors; sockets left: 1200 CLOSE_WAIT")
    }

    @Test("a leak of memory says when it is 1 GiB; one of threads has no limit to name")
    func memory() {
        var result = sampleResult
        result.rows[0].resources[2].verdict = .leak
        result.rows[0].resources[2].perConnection = 1024
        result.rows[0].resources[2].interval = 1000...1048
        #expect(
            statement(result, 0, 2)
                == "each connection leaves 1024 B of private memory, 99% interval 1000 to 1048 B; at this rate "
                + "1,048,576 connections take 1 GiB")
        result.rows[0].resources[1].verdict = .leak
        result.rows[0].resources[1].perConnection = 1
        result.rows[0].resources[1].interval = 0.9...1.1
        #expect(statement(result, 0, 1) == "each connection leaves 1.00 threads, 99% interval 0.90 to 1.10")
    }

    @Test func others() {
        #expect(
            statement(sampleResult, 0, 1)
                == "no leak: 0.0005 threads per connection would have been seen, if one connection in 663 or more leaks"
        )
        #expect(statement(sampleResult, 1, 0) == "it grows like a leak, but of 114 verdicts one may by chance")
    }
}

@Suite("JUnit report")
struct JUnitReportTests {
    private func parsed(_ result: CheckResult) throws -> XMLReader { try XMLReader(JUnitReport.render(result)) }

    @Test("a test case for each lifecycle and resource; leaks fail, doubts are errors, clean says how sure it is")
    func cases() throws {
        let elements = try parsed(sampleResult).elements
        let suite = try #require(elements.first { $0.name == "testsuite" }).attributes
        #expect(suite["name"] == "watertight")
        #expect([suite["tests"], suite["failures"], suite["errors"]] == ["6", "1", "1"])
        let cases = elements.filter { $0.name == "testcase" }.map(\.attributes)
        #expect(cases.map { $0["classname"] } == ["fin", "fin", "fin", "reset/open", "reset/open", "reset/open"])
        #expect(cases.prefix(3).map { $0["name"] } == ["descriptors", "threads", "privateMemory"])
        let failure = try #require(elements.first { $0.name == "failure" })
        #expect(failure.attributes["message"]?.contains("0.60 descriptors, 99% interval 0.50 to 0.70") == true)
        #expect(failure.text.hasSuffix("reproduce: watertight check --lifecycle fin"))
        #expect(
            elements.first { $0.name == "error" }?.attributes["message"]
                == "it grows like a leak, but of 114 verdicts one may by chance")
        let passed = elements.filter { $0.name == "system-out" }.map(\.text)
        #expect(passed.count == 4)
        #expect(
            passed.contains(
                "no leak: 12 B of private memory per connection would have been seen, if one connection in 663 or more leaks"
            ))
    }

    @Test("the time of a row is counted once")
    func times() throws {
        let cases = try parsed(plottedResult).elements.filter { $0.name == "testcase" }.map(\.attributes)
        #expect(cases.map { $0["time"] } == ["2.00", "0", "0", "2.00", "0", "0"])
    }

    @Test("a check that was ended early is an error of its own")
    func interrupted() throws {
        var result = sampleResult
        result.interruption = .interrupted
        let elements = try parsed(result).elements
        let suite = try #require(elements.first { $0.name == "testsuite" }).attributes
        #expect([suite["tests"], suite["errors"]] == ["7", "2"])
        #expect(elements.last { $0.name == "error" }?.attributes["message"] == "interrupted before the end")
    }

    @Test("whatever the target says, it is XML 1.0, and says what it said")
    func hostile() throws {
        let elements = try parsed(hostileResult).elements
        let target = elements.first { $0.name == "property" && $0.attributes["name"] == "target" }
        let value = try #require(target?.attributes["value"])
        #expect(
            value.hasPrefix("</title><script>alert(1)</script> & \"'`|```]]> \\u{0}\\u{8}\\u{1b}[31m\\u{fffe} é\r\n"))
    }
}

@Suite("Markdown report")
struct MarkdownReportTests {
    @Test("the verdict first, then the table, then a paragraph for each leak with its command")
    func order() throws {
        let lines = MarkdownReport.render(sampleResult).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "## ✗ Watertight: leak: fin")
        #expect(lines[2] == "| lifecycle | connections | descriptors | threads | privateMemory |")
        #expect(lines[4] == "| fin | 1,990 | ✗ leak 0.60 | ✓ clean &lt; 0.0005 | ✓ clean &lt; 12 B |")
        #expect(lines.contains { $0.hasPrefix("**✗ fin (") && $0.contains("CLOSE\\_WAIT") })
        let fence = try #require(lines.firstIndex(of: "```sh"))
        #expect(lines[fence + 1] == "watertight check --lifecycle fin")
        #expect(lines[fence + 2] == "```")
    }

    @Test("whatever the target says, it is no markup and ends no fence")
    func hostile() throws {
        let text = MarkdownReport.render(hostileResult)
        let fence = try #require(text.firstRange(of: "````sh\n"))
        let rest = text[fence.upperBound...]
        let end = try #require(rest.firstRange(of: "\n````\n"))
        #expect(rest[..<end.lowerBound] == hostileResult.rows[0].reproducer!)
        var outside = text
        while let range = outside.firstRange(of: #/(?s)````sh.*?\n````\n/#) { outside.removeSubrange(range) }
        #expect(!outside.contains("<") && !outside.contains("::error::forged\n#"))
        for line in outside.split(separator: "\n") where line.hasPrefix("|") {
            #expect(line.replacing("\\|", with: "").count { $0 == "|" } == 7, "\(line)")
        }
    }
}

@Suite("OpenMetrics report")
struct OpenMetricsReportTests {
    @Test func families() {
        let lines = OpenMetricsReport.render(sampleResult).split(separator: "\n").map(String.init)
        for line in [
            "# TYPE watertight_verdict gauge",
            "watertight_verdict{lifecycle=\"fin\",resource=\"descriptors\",verdict=\"leak\"} 1",
            "watertight_verdict{lifecycle=\"fin\",resource=\"descriptors\",verdict=\"clean\"} 0",
            "watertight_growth_per_connection{lifecycle=\"fin\",resource=\"descriptors\",unit=\"descriptors\"} 0.6",
            "watertight_growth_per_connection_lower{lifecycle=\"fin\",resource=\"descriptors\",unit=\"descriptors\"} 0.5",
            "watertight_smallest_detectable_per_connection{lifecycle=\"reset/open\",resource=\"privateMemory\",unit=\"bytes\"} 12",
            "watertight_connections{lifecycle=\"fin\",outcome=\"refused\"} 10", "watertight_complete 1",
            "watertight_duration_seconds 12.25",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(lines.last == "# EOF")
        let families = lines.filter { $0.hasPrefix("# TYPE") }
        #expect(Set(families).count == families.count)
    }

    @Test("nothing of what the target says is in it, but for a gauge's name, within its label")
    func hostile() {
        let lines = OpenMetricsReport.render(hostileResult).split(separator: "\n")
        #expect(
            lines.allSatisfy { !$0.contains("forged") || $0.hasPrefix("watertight_") && $0.contains("resource=\"") })
        #expect(lines.count { $0 == "# EOF" } == 1 && lines.last == "# EOF")
        #expect(OpenMetricsReport.render(hostileResult).contains("\nwatertight_complete 0\n"))
    }
}

@Suite("GitHub annotations")
struct GitHubAnnotationsTests {
    @Test("an error for each leak, a warning for each doubt, nothing for what is clean")
    func lines() {
        let lines = GitHubAnnotations.render(sampleResult).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("::error title=leak%3A fin%2C descriptors::fin (opens"))
        #expect(lines[0].contains("99%25 interval"))
        #expect(
            lines[1]
                == "::warning title=inconclusive%3A reset/open%2C descriptors::reset/open, descriptors: it grows like a leak, but of 114 verdicts one may by chance"
        )
    }

    @Test("of a kind at most ten are written, the tenth of which counts the rest")
    func most() {
        var result = sampleResult
        let row = result.rows[0]
        // Amounts that differ, so that no two rows share a line.
        result.rows = (0..<14).map { index in
            var row = row
            row.resources[0].perConnection = 1.5 * Double(index + 1)
            row.resources[0].interval = row.resources[0].perConnection!...row.resources[0].perConnection!
            row.lifecycle = Lifecycle.all[index]
            return row
        }
        let errors = GitHubAnnotations.render(result).split(separator: "\n").filter { $0.hasPrefix("::error") }
        #expect(errors.count == 10)
        #expect(errors.last?.contains("more findings of this kind") == true)
    }

    @Test("a target cannot forge one")
    func hostile() {
        let lines = GitHubAnnotations.render(hostileResult).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(!lines.contains { $0.hasPrefix("::error::forged") })
    }
}
