import LeakStatistics
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("HTML report")
struct HTMLReportTests {
    @Test("every tag is ended in its place, and every angle bracket belongs to a tag", arguments: [false, true])
    func balanced(hostile: Bool) {
        PageReader(page: HTMLReport.render(hostile ? hostileResult : plottedResult)).requireBalanced()
    }

    @Test("it needs nothing else: no script, no address, nothing to load")
    func selfContained() {
        for result in [plottedResult, hostileResult] {
            let page = HTMLReport.render(result)
            #expect(!page.contains("http"))
            PageReader(page: page).requireSelfContained()
        }
    }

    @Test("the verdict stands first")
    func structure() throws {
        let page = HTMLReport.render(plottedResult)
        let heading = try #require(page.firstMatch(of: #/(?s)<h1>(.*?)</h1>/#))
        #expect(heading.1.hasSuffix("leak: fin"))
        let tags = PageReader(page: page).tags
        #expect(tags.count { $0.name == "th" && !$0.isEnd } == 7)
        #expect(tags.contains { $0.name == "caption" })
        #expect(tags.contains { $0.name == "meta" && $0.attributes.contains("viewport") })
        #expect(page.contains("watertight check --lifecycle fin"))
    }

    @Test(
        "a plot for each row and resource with every sample, and that of the leak in its card; what is clean is folded away"
    )
    func plots() {
        let page = HTMLReport.render(plottedResult)
        #expect(page.count(of: "<svg class=\"plot\"") == 6 && page.count(of: "<svg class=\"plot large\"") == 1)
        #expect(page.count(of: "<circle class=\"measure\" cx=") == 7 * 14 + 1)
        #expect(page.count(of: "<circle class=\"confirm\" cx=") == 7 * 6 + 1)
        #expect(page.contains("<title>1,400 connections, 850 descriptors, at the end of the pause, 1.40 s</title>"))
        #expect(page.count(of: "<path class=\"pause\"") == 8)
        // The row that leaks, the one that does not, and the words.
        #expect(page.count(of: "<details open>") == 1 && page.count(of: "<details>") == 2)
        let card = page.firstMatch(of: #/(?s)<article class="card leak">(.*?)</article>/#)?.1 ?? ""
        #expect(
            card.contains("plot large") && card.contains("<strong>0.60 descriptors</strong> left by each connection"))
        #expect(
            card.contains("<li>99% interval 0.50 to 0.70</li>")
                && card.contains("<li>sockets left: 1200 CLOSE_WAIT</li>"))
    }

    @Test("what a leak explains is folded into its card, and is not told again")
    func explained() throws {
        var result = plottedResult
        result.rows[0].resources[2].verdict = .inconclusive
        result.rows[0].resources[2].reason = .explained(by: .descriptors)
        let page = HTMLReport.render(result)
        let words = try #require(result.rows[0].resources[2].remark)
        let card = page.firstMatch(of: #/(?s)<article class="card leak">(.*?)</article>/#)?.1 ?? ""
        #expect(card.contains("<summary>It explains one reading more</summary>") && card.contains(words))
        #expect(!page.contains("What else is worth knowing"))
        #expect(page.count(of: "class=\"explained\"") == 1)
        // Of what does not leak nothing is explained.
        result.rows[0].resources[0].verdict = .clean
        #expect(HTMLReport.render(result).contains("What else is worth knowing"))
    }

    @Test("what is said of several readings is said once")
    func remarks() {
        var result = plottedResult
        for row in result.rows.indices {
            result.rows[row].resources[1].verdict = .inconclusive
            result.rows[row].resources[1].reason = .steps
        }
        let page = HTMLReport.render(result)
        #expect(page.count(of: "<article class=\"card inconclusive\">") == 1)
        #expect(page.contains("fin, threads; reset/open, threads"))
    }

    @Test(
        "links and labels lead somewhere, headings go down a level at a time, and each part is a landmark with a name")
    func outline() throws {
        for result in [plottedResult, sampleResult, hostileResult] {
            PageReader(page: HTMLReport.render(result)).requireOutline()
        }
    }

    @Test("the fitted slope ends where the samples of an exact leak do")
    func slope() throws {
        let result = plottedResult
        let plot = try #require(GrowthPlot(result, result.rows[0], result.rows[0].resources[0], identifier: "p"))
            .render()
        let fit = try #require(plot.firstMatch(of: #/class="fit" d="M\S+ \S+L(\S+ \S+)"/#))
        let last = try #require(plot.matches(of: #/cx="([0-9.]+)" cy="([0-9.]+)"/#).last)
        #expect(fit.1 == "\(last.1) \(last.2)")
    }

    @Test("an axis has a few round ticks within it, and room for noise")
    func axis() {
        for high in [3.0, 17, 99, 1234, 20_350, 9_999_999] {
            let ticks = Axis(0...high, pixels: (0, 100), unit: .connections).ticks
            #expect((3...6).contains(ticks.count), "\(high): \(ticks)")
            #expect(ticks.allSatisfy { (0...high).contains($0.value) })
        }
        let flat = Axis(5_000_000...5_000_000, pixels: (100, 0), unit: .bytes)
        #expect(abs(flat.pixel(5_000_000) - 50) < 1)
        #expect(abs(flat.pixel(5_004_096) - 50) < 2)
    }
}
