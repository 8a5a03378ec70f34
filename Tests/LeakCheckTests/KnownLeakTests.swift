import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck

@Suite("Known leaks")
struct KnownLeakTests {
    private static let day = CalendarDay("2026-03-01")!

    /// A check of 1 March that found 0.6 descriptors for each connection under `fin`, and nothing under `reset`.
    private func result(_ verdict: Verdict = .leak) -> CheckResult {
        func row(_ lifecycle: Lifecycle, _ verdict: Verdict) -> CheckResult.Row {
            CheckResult.Row(
                lifecycle: lifecycle, connections: DriveCounts(),
                resources: [
                    CheckResult.Finding(
                        resource: .descriptors, verdict: verdict, perConnection: verdict == .leak ? 0.6 : 0,
                        interval: verdict == .leak ? 0.58...0.62 : 0...0, smallestDetectable: 0.001)
                ])
        }
        return CheckResult(
            seed: 1, startedAt: "2026-03-01T23:59:59Z", durationSeconds: 1, budgetSeconds: 60, concurrency: 16,
            target: "serve", runtime: "native", isolation: .sharedProcess,
            rows: [row(.fin, verdict), row(.reset, .clean)], samples: [], notes: [])
    }

    private func entry(_ amount: Double, _ expires: String = "2026-03-01", lifecycle: String = "fin") -> KnownLeak {
        KnownLeak(
            lifecycle: lifecycle, resource: .descriptors, perConnection: amount, reason: "because",
            expires: CalendarDay(expires)!)
    }

    private func marked(_ verdict: Verdict = .leak, _ entries: KnownLeak...) -> CheckResult {
        var result = result(verdict)
        result.mark(entries)
        return result
    }

    @Test("an entry for a resource that was not read is noted, with those that were")
    func unread() {
        var entry = entry(1)
        entry.resource = Resource(rawValue: "descriptor")
        let notes = marked(.leak, entry).notes
        #expect(
            notes == [
                "the known leak of descriptor under fin is of nothing that was read: descriptors, threads, privateMemory"
            ])
    }

    @Test("a leak within its entry's amount stays a leak, is marked, and does not count; on the last day, too")
    func accepted() {
        for amount in [0.58, 0.6, 5] {
            let result = marked(.leak, entry(amount))
            #expect(result.rows[0].resources[0].knownLeak == entry(amount))
            #expect(result.verdict == .leak && result.verdictBesideKnown == .clean)
        }
    }

    @Test("an allowance accepts a leak, is never gone, never outgrown by chance, and is written into no list")
    func allowance() {
        let allowed = KnownLeak.allowance(of: 0.6, .descriptors, lifecycle: "fin")
        let result = marked(.leak, allowed)
        #expect(result.verdictBesideKnown == .clean)
        #expect(result.knownLeaks(keeping: [allowed]).isEmpty)
        #expect(marked(.clean, allowed).notes.isEmpty)
        var unread = allowed
        unread.resource = .liveHeap
        #expect(marked(.leak, unread).notes.isEmpty)
        let outgrown = marked(.leak, .allowance(of: 0.5, .descriptors, lifecycle: "fin"))
        #expect(outgrown.verdictBesideKnown == .leak)
        #expect(outgrown.rows[0].resources[0].outdatedKnownLeak?.isAllowance == true)
    }

    @Test("a leak that has grown, or whose entry has expired, is a leak like any other, and says so")
    func objections() {
        for entry in [entry(0.57), entry(5, "2026-02-28")] {
            let result = marked(.leak, entry)
            #expect(result.rows[0].resources[0].knownLeak == nil)
            #expect(result.rows[0].resources[0].outdatedKnownLeak == entry)
            #expect(result.verdictBesideKnown == .leak)
        }
        #expect(marked(.leak, entry(5, lifecycle: "reset/open")).rows[0].resources[0].outdatedKnownLeak == nil)
    }

    @Test("one that is gone is noted, but only where it would have been seen")
    func gone() {
        #expect(
            marked(.clean, entry(0.6)).notes
                == ["the known leak of descriptors under fin is gone: remove its entry"])
        var again = marked(.clean, entry(0.6))
        again.mark([entry(0.6)])
        #expect(again.notes.count == 1)
        #expect(marked(.clean, entry(0.0009)).notes.isEmpty)
        #expect(marked(.inconclusive, entry(0.6)).notes.isEmpty)
        #expect(marked(.inconclusive, entry(0.6)).verdictBesideKnown == .inconclusive)
    }

    @Test("entries written from a check accept its leaks for 90 days, and keep what was said of others")
    func written() {
        let fresh = result().knownLeaks(keeping: [])
        #expect(fresh.map(\.lifecycle) == ["fin"])
        #expect(fresh[0].perConnection == 0.62 && fresh[0].expires.description == "2026-05-30")
        var again = result()
        again.mark(fresh)
        #expect(again.verdictBesideKnown == .clean)

        let accepted = entry(0.6, "2027-01-01")
        let elsewhere = entry(1, lifecycle: "fin+deflate")
        let gone = entry(1, lifecycle: "reset/open")
        let kept = marked(.leak, accepted, elsewhere, gone).knownLeaks(keeping: [accepted, elsewhere, gone])
        #expect(kept == [elsewhere, accepted])
        let outgrown = entry(0.1)
        let renewed = marked(.leak, outgrown).knownLeaks(keeping: [outgrown])
        #expect(renewed.map(\.perConnection) == [0.62] && renewed.map(\.reason) == ["because"])
        #expect(result(.inconclusive).knownLeaks(keeping: [accepted]) == [accepted])
    }
}

@Suite("Calendar day")
struct CalendarDayTests {
    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "2026-01-00", "2026/01/01", "+026-01-01", "",
    ])
    func none(text: String) { #expect(CalendarDay(text) == nil) }

    @Test(arguments: [
        ("2026-01-31", 1, "2026-02-01"), ("2024-02-28", 1, "2024-02-29"), ("2100-02-28", 1, "2100-03-01"),
        ("2026-12-31", 1, "2027-01-01"), ("2026-03-01", 90, "2026-05-30"), ("0001-01-01", 0, "0001-01-01"),
    ])
    func later(day: String, days: Int, expected: String) {
        #expect(CalendarDay(day)?.advanced(by: days).description == expected)
        if days > 0 { #expect(CalendarDay(day)! < CalendarDay(expected)!) }
    }
}
