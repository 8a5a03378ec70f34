import FoundationEssentials
import LeakStatistics
import Testing

@testable import Fleet
@testable import LeakReports

@Suite("A fleet of thousands of groups")
struct FleetExcerptTests {
    /// So many groups with two resources: of each hundred one leaks, ever more, four are in doubt, the others clean.
    private static func fleet(groups: Int) -> FleetResult {
        var result = FleetResult(
            time: 1_700_006_400..<1_700_611_200, selector: "job=\"chat\"", step: 300, connections: "accepted_total",
            open: "open", groupLabel: "pod", baseline: nil)
        for number in 0..<groups {
            let verdict: Verdict = number % 100 == 99 ? .leak : number % 25 == 0 ? .inconclusive : .clean
            let amount = verdict == .leak ? Double(number) / 10_000 : 0
            for resource in [Resource.descriptors, .liveHeap] {
                var finding = FleetResult.Finding(
                    group: "pod-\(number)", resource: resource, metric: "m", pods: 3, lives: 3, connections: 60_000,
                    verdict: resource == .liveHeap ? .clean : verdict, perConnection: amount,
                    interval: (amount - 0.001)...(amount + 0.001), smallestDetectable: amount + 0.001,
                    reason: verdict == .inconclusive ? .slowing(persistence: Double(number) / 10_000) : nil,
                    growingPods: 3)
                finding.curves = PodCurves(shown: [
                    PodCurves.Curve(
                        pod: "pod-\(number)",
                        lives: [
                            .init(
                                points: (0..<56).map { .init(connections: Double($0) * 1000, level: Double($0)) },
                                judgedFrom: 28)
                        ])
                ])
                result.findings.append(finding)
            }
            result.pods += (0..<3).map { pod in
                FleetPod(
                    name: "pod-\(number)-\(pod)", group: "pod-\(number)",
                    lives: [.init(time: 1_700_006_400...1_700_100_000, connections: 20_000)])
            }
        }
        return result
    }

    private static let many = fleet(groups: 5000)
    private static let few = fleet(groups: 40)

    @Test("the worst come first: leaks by what they leave and by when they end, then doubts, then what is clean")
    func order() {
        func finding(_ verdict: Verdict, _ amount: Double, end: Double? = nil, isBaseline: Bool = false)
            -> FleetResult.Finding
        {
            .init(
                isBaseline: isBaseline, resource: .descriptors, metric: "", pods: 3, lives: 3, connections: amount,
                verdict: verdict, perConnection: amount, smallestDetectable: amount,
                exhaustion: end.map { .init(pod: "", limit: 1, time: $0) })
        }
        let heap = FleetResult.Finding(
            resource: .liveHeap, metric: "", pods: 3, lives: 3, connections: 5, verdict: .leak, perConnection: 512 * 5)
        let findings = [
            finding(.clean, 9), finding(.inconclusive, 8), finding(.leak, 7, isBaseline: true), finding(.leak, 0.06),
            heap, finding(.leak, 0.2), finding(.leak, 0.01, end: 20), finding(.leak, 0.02, end: 10),
            finding(.clean, 10),
        ]
        #expect(
            FleetExcerpt.worstFirst(findings).map(\.connections) == [0.02, 0.01, 0.2, 5, 0.06, 7, 8, 10, 9])
        #expect(FleetExcerpt(findings, most: 9).shown.map(\.connections) == findings.map(\.connections))
        let excerpt = FleetExcerpt(findings, most: 5)
        #expect(excerpt.leftOut == [.leak: 1, .inconclusive: 1, .clean: 2])
        #expect(
            excerpt.rest
                == "the worst 5 stand here; 4 more are left out: 1 leak, 1 inconclusive, 2 clean; the JSON report has all"
        )
    }

    @Test("text and Markdown have the worst hundred, and count the rest")
    func tables() {
        let rest =
            "the worst 100 stand here; 9,900 more are left out: 150 inconclusive, 9,750 clean; the JSON report has all"
        let text = FleetReport(Self.many, usesColour: false).render()
        #expect(text.contains("\n\(rest)\n") && text.split(separator: "\n").count < 230)
        #expect(text.contains("\npod-4999  descriptors") && text.contains("\npod-4999 descriptors: each connection"))
        #expect(!text.contains("pod-1 "))
        #expect(text.hasSuffix("pod-4499 descriptors and 44 more\n"))
        let markdown = FleetMarkdown.render(Self.many)
        // The longest comment that GitHub takes.
        #expect(markdown.contains(rest) && markdown.count < 65_536)
        for table in [FleetReport(Self.few, usesColour: false).render(), FleetMarkdown.render(Self.few)] {
            #expect(table.contains("pod-39") && !table.contains("left out"))
        }
    }

    @Test("the page has the worst three hundred groups, and few enough cards, plots and pods for a browser")
    func page() throws {
        let page = FleetHTML.render(Self.many)
        let reader = PageReader(page: page)
        reader.requireBalanced()
        reader.requireSelfContained()
        reader.requireOutline()
        #expect(
            page.contains(
                "The worst 300 groups stand here; 4,700 more are left out: 4,700 clean; the JSON report has all."))
        #expect(page.count(of: "href=\"#group-") == 300 && page.contains(">pod-4999</a>"))
        #expect(page.count(of: "<article class=\"card leak\">") == 40)
        #expect(page.contains("10 more are less bad; the table below has the worst of them."))
        #expect(page.count(of: "<svg class=\"plot") <= 100)
        #expect(page.contains("more groups are left out.</p>") && page.utf8.count < 4 << 20, "\(page.utf8.count)")
        let small = FleetHTML.render(Self.few)
        #expect(!small.contains("left out") && small.count(of: "href=\"#group-") == 40)
    }

    @Test("annotations are ten of a kind, the worst of them first; JSON, JUnit and OpenMetrics have everything")
    func everything() throws {
        let lines = FleetAnnotations.render(Self.many).split(separator: "\n")
        #expect(lines.count == 20 && lines[0].contains("pod-4999 descriptors"))
        struct Document: Decodable {
            struct Row: Decodable { var group: String }
            var results: [Row]
            var pods: [Row]
        }
        let document = try JSONDecoder().decode(Document.self, from: Data(FleetJSON.render(Self.many).utf8))
        #expect(document.results.count == 10_000 && document.pods.count == 15_000)
        #expect(Set(document.results.map(\.group)).count == 5000)
        #expect(FleetJUnit.render(Self.many).count(of: "<testcase ") == 10_000)
        #expect(FleetOpenMetrics.render(Self.many).count(of: "verdict=\"leak\"} 1\n") == 50)
    }
}
