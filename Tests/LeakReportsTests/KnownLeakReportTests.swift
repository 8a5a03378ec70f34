import Causes
import LeakStatistics
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("Known leaks in reports")
struct KnownLeakReportTests {
    private static let entry = KnownLeak(
        lifecycle: "fin", resource: .descriptors, perConnection: 0.6, reason: "a <bug> upstream",
        expires: CalendarDay("2026-12-31")!)

    /// The sample with its one leak known, and no doubt beside it.
    private var result: CheckResult {
        var result = plottedResult
        result.mark([Self.entry])
        return result
    }

    @Test("every report says that it leaks, and that this is known, until when and why")
    func marked() throws {
        let text = TextReport(result, usesColour: true).render()
        #expect(text.contains("leak 0.60 (known)") && text.contains("known until 2026-12-31: a <bug> upstream"))
        #expect(text.contains("leak, but known: fin") && !text.contains("\u{1B}[31m"))
        let junit = JUnitReport.render(result)
        #expect(
            junit.contains("failures=\"0\"") && junit.contains("skipped=\"1\"")
                && junit.contains("<skipped message=\"each"))
        #expect(!junit.contains("<failure"))
        #expect(
            OpenMetricsReport.render(result).contains(
                "watertight_known_leak{lifecycle=\"fin\",resource=\"descriptors\"} 1\n"))
        #expect(GitHubAnnotations.render(result).hasPrefix("::notice title=leak%3A fin%2C descriptors::"))
        #expect(MarkdownReport.render(result).hasPrefix("## ✗ Watertight: leak, but known: fin\n"))
        let page = HTMLReport.render(result)
        #expect(page.contains("<header class=\"known\">") && page.contains("<article class=\"card known\">"))
        #expect(page.contains("a &lt;bug&gt; upstream"))
        let json = try JSONReport.render(result)
        #expect(json.contains("\"verdictBesideKnown\" : \"clean\"") && json.contains("\"expires\" : \"2026-12-31\""))
    }

    @Test("an entry that no longer accepts its leak says why")
    func objections() {
        var entry = Self.entry
        entry.cause = KnownCause(Cause(.task, "Task wait_for_auth", countsPerConnection: [1, 1]))
        for (objection, words) in [
            (KnownLeak.Objection.grown, "it has grown beyond the known leak of 0.6: a <bug> upstream"),
            (.expired, "it was known until 2026-12-31: a <bug> upstream"),
            (.otherCause, "it has another cause than the known leak of Task wait_for_auth: a <bug> upstream"),
        ] {
            var finding = result.rows[0].resources[0]
            finding.apply(entry, unless: objection)
            #expect(finding.remark?.contains(words) == true, "\(finding.remark ?? "")")
        }
    }

    @Test("what is known stands beside what is not")
    func mixed() {
        var result = result
        result.rows[1].resources[0].verdict = .leak
        #expect(result.conclusion == "leak: reset/open; known: fin")
    }

    @Test("a file is read as it was written")
    func file() throws {
        #expect(try KnownLeaksFile.read(Array(KnownLeaksFile.render([Self.entry]).utf8)) == [Self.entry])
        #expect(try KnownLeaksFile.read(Array(KnownLeaksFile.render([]).utf8)) == [])
        var caused = Self.entry
        caused.cause = KnownCause(Cause(.task, "Task wait_for_auth", countsPerConnection: [1, 1]))
        #expect(try KnownLeaksFile.read(Array(KnownLeaksFile.render([caused]).utf8)) == [caused])
    }

    @Test("a cause of no kind is answered with the kinds that there are")
    func badCause() throws {
        var entry = Self.entry
        entry.cause = KnownCause(Cause(.task, "Task wait_for_auth", countsPerConnection: [1, 1]))
        let text = try KnownLeaksFile.render([entry]).replacing("\"task\"", with: "\"job\"")
        let failure = #expect(throws: KnownLeaksFile.Failure.self) { try KnownLeaksFile.read(Array(text.utf8)) }
        let words =
            "entry 1: \"kind\": there is no cause of kind \"job\"; the known ones are heldObject, allocation, task,"
        #expect(failure?.description.hasPrefix(words) == true, "\(failure?.description ?? "")")
    }

    @Test(
        "a bad file is told what is wrong, and in which entry",
        arguments: [
            ("\"perConnection\" : 0.6", "\"perConnection\" : 0", "entry 2: perConnection must be more than 0"),
            ("\"perConnection\" : 0.6", "\"perConnection\" : \"much\"", "entry 2: \"perConnection\""),
            ("\"reason\"", "\"raison\"", "entry 2: \"reason\" is missing"),
            ("a <bug> upstream", " ", "entry 2: the reason is empty"),
            ("2026-12-31", "31.12.2026", "entry 2: \"expires\": it is no day as YYYY-MM-DD"),
            (
                "\"lifecycle\" : \"fin\"", "\"lifecycle\" : \"fim\"",
                "entry 2: there is no lifecycle \"fim\"; the known ones are clean-close,"
            ),
            (
                "\"lifecycle\" : \"fin\"", "\"lifecycle\" : \"reset/open\"",
                "entry 2: there is another entry for descriptors under reset/open"
            ),
            ("\"descriptors\"", "\"\"", "entry 2: resource is empty: name one of descriptors,"),
            (
                "watertight.known-leaks/1", "watertight.known-leaks/2",
                "it has schema watertight.known-leaks/2, and this version reads"
            ),
            ("{", "[", "--write-known-leaks"), ("\"knownLeaks\"", "\"leaks\"", "\"knownLeaks\" is missing"),
        ])
    func bad(old: String, new: String, words: String) throws {
        var first = Self.entry
        first.lifecycle = "reset/open"
        let text = try KnownLeaksFile.render([first, Self.entry])
        let place = try #require(text.ranges(of: old).last)
        var changed = text
        changed.replaceSubrange(place, with: new)
        let bytes = Array(changed.utf8)
        let failure = #expect(throws: KnownLeaksFile.Failure.self) { try KnownLeaksFile.read(bytes) }
        #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }
}
