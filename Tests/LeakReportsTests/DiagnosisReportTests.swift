import Foundation
import LeakStatistics
import Lifecycles
import Targets
import Testing

@testable import LeakCheck
@testable import LeakReports

/// A check whose rows `leaking` leave what `leaks` says; all others are clean.
private func result(
    _ labels: [String] = Lifecycle.standard(isSecure: false).map(\.label), leaking: (String) -> Bool,
    leaks: [Resource: Double] = [.liveHeap: 7560]
) -> CheckResult {
    var result = sampleResult
    result.probes = [ProbeSource(resource: .liveHeap, source: "node's inspector on 127.0.0.1:9229")]
    result.samples = []
    result.rows = labels.compactMap(Lifecycle.labeled).map { lifecycle in
        var counts = DriveCounts()
        counts.attempted = 2000
        counts.completed = 2000
        let findings = result.resources.map { resource in
            guard leaking(lifecycle.label), let amount = leaks[resource] else {
                return CheckResult.Finding(
                    resource: resource, verdict: .clean, perConnection: 0, interval: 0...0,
                    smallestDetectable: resource.isMemory ? 36 : 0.002)
            }
            return CheckResult.Finding(
                resource: resource, verdict: .leak, perConnection: amount, interval: amount * 0.98...amount * 1.02,
                smallestDetectable: amount, reason: .kept(pauseSeconds: 76, connections: 2000, isChosen: false))
        }
        return CheckResult.Row(
            lifecycle: lifecycle, connections: counts, resources: findings,
            reproducer: "watertight check --lifecycle \(lifecycle.label) -- node server.js {port}")
    }
    return result
}

private let unrequested = [
    "bare-tcp", "stall-handshake/silent", "stall-handshake/trickle", "vanish-handshake/mid-request",
]

/// 30 rows that send a request leak the same, as WebSocket-Node's pending requests do.
private var openingLeak: CheckResult {
    result { !unrequested.contains($0) && !$0.hasPrefix("reject/") }
}

@Suite("A diagnosis in words")
struct DiagnosisTextTests {
    private func sentences(_ result: CheckResult) -> [String] { result.diagnosisTexts.map(\.sentence) }

    @Test("what leaks, what does not, and what that means")
    func words() {
        #expect(
            sentences(openingLeak) == [
                "every lifecycle that sends a valid request leaks the same 7560 B of live heap per connection; none of the 10 "
                    + "others does: it is left by the opening handshake, not by an ending"
            ])
        let quick = Lifecycle.quick(isSecure: false).map(\.label)
        #expect(
            sentences(result(quick) { $0 != "bare-tcp" }) == [
                "every lifecycle that sends a request leaks the same 7560 B of live heap per connection; bare-tcp does not: it "
                    + "is left by opening, not by an ending"
            ])
        let ends = ["fin", "reset/open", "leave-at-once", "flood-reset"]
        #expect(
            sentences(result(quick, leaking: ends.contains, leaks: [.descriptors: 1, .privateMemory: 20_000])) == [
                "every lifecycle that ends an open connection without a Close frame leaks the same 1.00 descriptors "
                    + "and 19.5 KiB of private memory per connection; none of the 4 others does: the end without a Close frame "
                    + "is not handled, as by a server that listens for Close frames only"
            ])
        #expect(
            sentences(result(quick) { _ in true }) == [
                "every lifecycle, even one that sends nothing, leaks the same 7560 B of live heap per connection: it is left by "
                    + "accepting a connection, not by what the peer does then"
            ])
    }

    @Test("where rows are in doubt, it says that it speaks of those that were judged")
    func partial() {
        var result = result(leaking: ["flood-reset", "reset/unread", "slow-reader"].contains)
        for label in ["chatty/fin", "chatty/close"] {
            let row = result.rows.firstIndex { $0.lifecycle.label == label }!
            for index in result.rows[row].resources.indices {
                result.rows[row].resources[index].verdict = .inconclusive
            }
        }
        #expect(
            sentences(result) == [
                "every lifecycle that leaves replies unread leaks the same 7560 B of live heap per connection; none of the 35 "
                    + "others that were judged does: what waits to be sent does not go with the connection"
            ])
    }

    @Test("one lifecycle, and lifecycles that nothing sets apart")
    func noPattern() {
        #expect(
            sentences(plottedResult) == [
                "only fin leaks 0.60 descriptors per connection; reset/open does not: it opens, exchanges a message, closes "
                    + "TCP with no Close frame"
            ])
        let labels = ["clean-close", "fin", "reset/open", "server-close"]
        #expect(
            sentences(result(labels) { ["clean-close", "reset/open"].contains($0) }) == [
                "2 lifecycles leak the same 7560 B of live heap per connection; fin and server-close do not; no trait sets them apart: "
                    + "clean-close, reset/open"
            ])
    }

    @Test("amounts that differ are a range, and a resource that fewer rows leak says how many")
    func amounts() {
        var result = result(
            Lifecycle.quick(isSecure: false).map(\.label),
            leaking: ["fin", "reset/open", "leave-at-once", "flood-reset"].contains,
            leaks: [.descriptors: 1, .liveHeap: 7560])
        result.rows[2].resources[3].perConnection = 20_000
        result.rows[2].resources[3].interval = 19_000...21_000
        result.rows[3].resources[3].verdict = .inconclusive
        #expect(
            sentences(result).first?.contains(
                "leaks 1.00 descriptors and in 3 of them 7.4 to 19.5 KiB of live heap per connection;") == true,
            "\(sentences(result))")
    }

    @Test("every kind has words of its own")
    func complete() {
        var texts: Set<String> = []
        for kind in Diagnosis.Kind.allCases {
            let leak = SharedLeak(
                resource: .descriptors, perConnection: 1, least: 1, most: 1, isSame: true,
                lifecycles: ["fin", "fin+deflate"])
            let diagnosis = Diagnosis(
                kind: kind, leaks: [leak], lifecycles: leak.lifecycles, spared: ["bare-tcp"])
            texts.insert(DiagnosisText(diagnosis, plottedResult).sentence)
        }
        #expect(texts.count == Diagnosis.Kind.allCases.count)
    }
}

@Suite("A diagnosis in the reports")
struct DiagnosisReportTests {
    private let sentence =
        "every lifecycle that sends a valid request leaks the same 7560 B of live heap per connection"

    @Test("the text begins with it, and says once what many rows share")
    func text() {
        let lines = TextReport(openingLeak, usesColour: false).render().split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("diagnosis    \(sentence)"))
        #expect(lines.contains("30 lifecycles leave the same: 7560 B of live heap per connection"))
        #expect(lines.count { $0.contains("each connection leaves") } == 1)
        #expect(lines.contains { $0.hasPrefix("  clean-close, fin, reset/open, ") })
        #expect(lines.contains { $0.hasPrefix("  for example clean-close (opens") })
        #expect(lines.count { $0.hasPrefix("  reproduce: ") } == 1)
        #expect(lines.last == "leak: 30 of 40 lifecycles (12.25 s, seed 4711)")
    }

    @Test("the pages have it below the verdict, and one paragraph for the rows that share a leak")
    func pages() {
        let markdown = MarkdownReport.render(openingLeak).split(separator: "\n")
        #expect(markdown[0] == "## ✗ Watertight: leak: 30 of 40 lifecycles")
        #expect(markdown[1].hasPrefix("**Diagnosis:** \(sentence)"))
        #expect(markdown.count { $0.contains("each connection leaves") } == 1)
        let page = HTMLReport.render(openingLeak)
        #expect(page.contains("<p class=\"diagnosis\">\(sentence)"))
        #expect(page.ranges(of: "<article class=\"card leak\">").count == 1)
        #expect(page.contains("30 lifecycles, live heap</h3>") && page.contains("<a href=\"#row-0\">clean-close</a>, "))
    }

    @Test("annotations begin with it, and rows that share a leak share one")
    func annotations() {
        let lines = GitHubAnnotations.render(openingLeak).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("::error title=diagnosis::\(sentence)"))
        #expect(lines[1].hasPrefix("::error title=leak%3A 30 lifecycles%2C liveHeap::30 lifecycles leave the same: "))
    }

    @Test("JUnit has it as the output of the suite, and keeps a failure for each row")
    func junit() {
        let suite = JUnitReport.render(openingLeak)
        #expect(suite.contains("    <system-out>diagnosis: \(sentence)"))
        #expect(suite.ranges(of: "<failure").count == 30)
        #expect(!JUnitReport.render(sampleResult).contains("diagnosis"))
    }

    @Test("JSON has its kind, what leaks how much, and the rows on either side")
    func json() throws {
        let text = try JSONReport.render(openingLeak)
        let report = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let diagnoses = try #require(report["diagnoses"] as? [[String: Any]])
        #expect(diagnoses.map { $0["kind"] as? String } == ["openingHandshake"])
        #expect((diagnoses[0]["sentence"] as? String)?.hasPrefix(sentence) == true)
        #expect((diagnoses[0]["lifecycles"] as? [String])?.count == 30)
        #expect((diagnoses[0]["spared"] as? [String])?.count == 10)
        let leaks = try #require(diagnoses[0]["leaks"] as? [[String: Any]])
        #expect(leaks.map { $0["resource"] as? String } == ["liveHeap"] && leaks[0]["unit"] as? String == "bytes")
        for key in ["perConnection", "least", "most"] { #expect(leaks[0][key] as? Double == 7560) }
        #expect((leaks[0]["lifecycles"] as? [String])?.count == 30)
    }

    @Test("what is known to leak takes no part, and shares a paragraph where the reason is one")
    func known() {
        var known = openingLeak
        known.mark(known.knownLeaks(keeping: []))
        let text = TextReport(known, usesColour: true).render()
        #expect(
            !text.contains("diagnosis") && text.contains("30 lifecycles leave the same") && !text.contains("\u{1B}[31m")
        )
        #expect(GitHubAnnotations.render(known).hasPrefix("::notice title=leak%3A 30 lifecycles"))
    }
}
