import LeakStatistics
import Testing

@testable import Fleet
@testable import LeakReports

@Suite("The page of a fleet")
struct FleetPageTests {
    @Test("it is whole, needs nothing else, and every link leads somewhere")
    func markup() throws {
        for result in [
            try FleetFixtures.week(leaking: true), try FleetFixtures.week(leaking: false),
            try FleetFixtures.week(leaking: true, baseline: "1.0"), FleetFixtures.hostile, FleetFixtures.empty,
        ] {
            let reader = PageReader(page: FleetHTML.render(result))
            reader.requireBalanced()
            reader.requireSelfContained()
            reader.requireOutline()
        }
    }

    @Test("a leak has a card with its amount, interval, day, other groups, plot and query")
    func card() throws {
        let result = try FleetFixtures.week(leaking: true)
        let page = FleetHTML.render(result)
        // Of a version that still runs: only such a pod reaches its limit.
        let number = try #require(result.leaks.firstIndex { $0.exhaustion != nil })
        let finding = result.leaks[number]
        let text = FleetText(finding)
        let heading = try #require(page.firstMatch(of: #/(?s)<h1>(.*?)</h1>/#))
        #expect(heading.1.contains("leak: "))
        let card = page.matches(of: #/(?s)<article class="card leak">(.*?)</article>/#)[number].1
        for words in [
            "<strong>\(text.amount)</strong> left by each connection", "<li>\(try #require(text.interval))</li>",
            "reaches its limit of 65,536 on ", "plot large", "class=\"fit\"", "See it in Prometheus",
            MarkupText.escaped(finding.query),
        ] { #expect(card.contains(words), "\(words)") }
        #expect(card.contains(#/<li>1\.\d: (leak|clean|inconclusive)/#))
        #expect(page.contains("<code>watertight fleet http://prometheus:9090 --by version</code>"))
        #expect(page.contains("Watertight \(ToolVersion.current)"))
    }

    @Test("a healthy fleet has no card, and what is clean is folded away")
    func healthy() throws {
        let result = try FleetFixtures.week(leaking: false)
        let page = FleetHTML.render(result)
        #expect(!page.contains("card leak") && !page.contains("What leaks"))
        let clean = FleetPage(result: result).groups.count { $0.verdict == .clean }
        #expect(clean > 0 && page.count(of: "<details open>") == FleetPage(result: result).groups.count - clean)
    }

    @Test("a plot has a line for each life, paler where it is not judged, and says what it leaves out")
    func plot() throws {
        let finding = FleetFixtures.hostile.findings[0]
        let plot = try #require(FleetPlot(finding, baseline: finding.curves, identifier: "p")).render()
        #expect(plot.count(of: "class=\"pod\"") == 1 && plot.count(of: "class=\"pod early\"") == 1)
        #expect(plot.count(of: "class=\"pod other\"") == 1 && plot.count(of: "class=\"pod other early\"") == 1)
        let fit = try #require(plot.firstMatch(of: #/class="fit" d="M\S+ \S+L(\S+ \S+)"/#))
        let line = try #require(plot.firstMatch(of: #/class="pod" d="M[^"]*L([^"L]+)"/#))
        #expect(fit.1 == line.1, "the slope of an exact leak ends where its line does")
        #expect(FleetHTML.render(FleetFixtures.hostile).contains("1 of 2 pods are drawn"))
        #expect(
            FleetPlot(
                FleetResult.Finding(
                    resource: .threads, metric: "", pods: 0, lives: 0, connections: 0), baseline: nil, identifier: "p")
                == nil)
    }

    @Test("of very many groups the page has the table, and so many cards and plots")
    func bounded() throws {
        var result = FleetFixtures.hostile
        let leak = result.findings[0]
        result.findings = (0..<300).map { number in
            var finding = leak
            finding.group = "group-\(number)"
            return finding
        }
        let page = FleetHTML.render(result)
        let reader = PageReader(page: page)
        reader.requireBalanced()
        reader.requireOutline()
        #expect(page.count(of: "<article class=\"card leak\">") == 40 && page.contains("260 more are in the table"))
        #expect(page.count(of: "<svg class=\"plot") == 40 + 60)
        #expect(page.contains("group-5 descriptors and 294 more"))
    }

    @Test("what a Prometheus says moves no terminal and forges no annotation")
    func hostile() throws {
        let result = FleetFixtures.hostile
        #expect(!FleetReport(result, usesColour: false).render().contains("\u{1B}"))
        #expect(!FleetMarkdown.render(result).contains("<b>"))
        let lines = FleetAnnotations.render(result).split(separator: "\n")
        #expect(
            lines.allSatisfy {
                $0.hasPrefix("::error title=") || $0.hasPrefix("::warning title=") || $0.hasPrefix("::notice title=")
            })
        #expect(lines.count == 5)
    }
}

@Suite("JUnit and annotations of a fleet")
struct FleetCIReportTests {
    @Test("a test case for each group and resource; leaks fail, doubts are errors, the time is counted once")
    func cases() throws {
        let result = try FleetFixtures.week(leaking: true)
        let elements = try XMLReader(FleetJUnit.render(result)).elements
        let suite = try #require(elements.first { $0.name == "testsuite" }).attributes
        let leaks = result.findings.count { $0.verdict == .leak }
        let doubts = result.findings.count { $0.verdict == .inconclusive }
        #expect(suite["tests"] == "\(result.findings.count)" && suite["failures"] == "\(leaks)" && leaks > 0)
        #expect(suite["errors"] == "\(doubts)" && suite["time"] == "1.25")
        let cases = elements.filter { $0.name == "testcase" }.map(\.attributes)
        #expect(cases.map { $0["name"] } == result.findings.map(\.resource.rawValue))
        #expect(cases.map { $0["classname"] } == result.findings.map(\.group))
        #expect(
            cases.filter { $0["time"] == "1.25" }.count == 1
                && cases.filter { $0["time"] == "0" }.count == cases.count - 1)
        let failure = try #require(elements.first { $0.name == "failure" })
        #expect(failure.attributes["message"]?.contains("each connection leaves ") == true)
        #expect(failure.text.contains("\nquery: process_open_fds{job=\"chat\",version=\""))
        #expect(failure.text.hasSuffix("\nreproduce: watertight fleet http://prometheus:9090 --by version"))
        #expect(elements.last { $0.name == "system-out" }?.text == result.conclusion)
    }

    @Test("a healthy fleet fails nothing")
    func healthy() throws {
        let elements = try XMLReader(FleetJUnit.render(FleetFixtures.week(leaking: false))).elements
        #expect(!elements.contains { $0.name == "failure" })
        #expect(elements.contains { $0.text.hasPrefix("no leak: ") })
    }

    @Test("names are no markup, a leak of the baseline is skipped, an interruption is an error")
    func hostile() throws {
        let elements = try XMLReader(FleetJUnit.render(FleetFixtures.hostile)).elements
        let suite = try #require(elements.first { $0.name == "testsuite" }).attributes
        #expect([suite["tests"], suite["failures"], suite["errors"], suite["skipped"]] == ["5", "1", "3", "1"])
        #expect(elements.contains { $0.attributes["classname"] == "(none)" })
        #expect(elements.contains { $0.attributes["message"]?.hasPrefix("Prometheus was lost: ") == true })
        #expect(!elements.contains { $0.name == "b" })
        #expect(try XMLReader(FleetJUnit.render(FleetFixtures.empty)).elements.first?.attributes["tests"] == "0")
    }

    @Test("OpenMetrics: a verdict for each group and resource, amounts with their unit, and the day of the limit")
    func metrics() throws {
        let result = try FleetFixtures.week(leaking: true)
        let lines = FleetOpenMetrics.render(result).split(separator: "\n").map(String.init)
        let leak = try #require(result.leaks.first { $0.exhaustion != nil })
        let labels = "group=\"\(leak.group ?? "")\",resource=\"descriptors\""
        #expect(lines.contains("watertight_fleet_verdict{\(labels),verdict=\"leak\"} 1"))
        #expect(lines.contains("watertight_fleet_verdict{\(labels),verdict=\"clean\"} 0"))
        #expect(
            lines.contains {
                $0.hasPrefix("watertight_fleet_growth_per_connection{\(labels),unit=\"descriptors\"} 0.0")
            })
        #expect(lines.contains { $0.hasPrefix("watertight_fleet_limit_timestamp_seconds{\(labels),pod=\"chat-") })
        #expect(lines.contains("watertight_fleet_complete 1") && lines.last == "# EOF")
        #expect(lines.count { $0.hasPrefix("watertight_fleet_verdict{") } == 3 * result.findings.count)
        let hostile = FleetOpenMetrics.render(FleetFixtures.hostile).split(separator: "\n")
        #expect(hostile.allSatisfy { $0.hasPrefix("watertight_fleet_") || $0.hasPrefix("# ") })
        #expect(hostile.contains("watertight_fleet_complete 0"))
    }

    @Test("an error for each leak, a warning for each doubt, ten of a kind at most")
    func annotations() throws {
        let result = try FleetFixtures.week(leaking: true)
        let lines = FleetAnnotations.render(result).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("::error title=leak%3A 1.") } == result.leaks.count)
        #expect(FleetAnnotations.render(FleetFixtures.empty).isEmpty)
        var many = FleetFixtures.hostile
        #expect(FleetAnnotations.render(many).contains("::warning title=the fleet was not read to its end::"))
        many.findings = Array(repeating: many.findings[0], count: 14)
        let errors = FleetAnnotations.render(many).split(separator: "\n").filter { $0.hasPrefix("::error ") }
        #expect(errors.count == 10 && errors.last?.contains("5 more findings of this kind") == true)
    }
}
