import Causes
import LeakStatistics
import Lifecycles
import Testing

@testable import LeakCheck

@Suite("Known leaks by their cause")
struct KnownCauseTests {
    private static func session(_ holders: HolderStep...) -> Cause {
        var cause = Cause(.heldObject, "Session", countsPerConnection: [1, 1], bytesPerConnection: 160)
        cause.holders = holders
        return cause
    }

    private static let known = session(HolderStep("sessions", "Map", at: CodeLocation(file: "server.js", line: 11)))

    private static func entry(_ cause: KnownCause?) -> KnownLeak {
        KnownLeak(
            lifecycle: "fin", resource: .descriptors, perConnection: 1.02, reason: "because",
            expires: CalendarDay("2999-01-01")!, cause: cause)
    }

    /// A check in which two rows leak alike, of which the first was explained.
    private static func result(_ causes: [Cause]) -> CheckResult {
        var result = DiagnosedCheck.result(["clean-close", "fin", "reset/open"], leaking: ["fin", "reset/open"])
        result.rows[1].explanation = Explanation(source: "an agent", connections: [500, 500], causes: causes)
        return result
    }

    @Test("lines and counts do not matter, the kind, the type and the holders do, where they are named")
    func matching() {
        var moved = Self.session(HolderStep("sessions", "Map", at: CodeLocation(file: "server.js", line: 90)))
        moved.countsPerConnection = [0.5, 0.5]
        let other = Self.session(HolderStep("rooms", "Map"))
        let known = KnownCause(Self.known)
        #expect(known.matches(moved) && !known.matches(other))
        var anyHolder = known
        anyHolder.holders = nil
        #expect(anyHolder.matches(other))
        var thread = Cause(.thread, "Session", countsPerConnection: [1, 1])
        #expect(!anyHolder.matches(thread))
        thread.site = [CodeFrame("pump", at: CodeLocation(file: "a.c", line: 3)), CodeFrame("main")]
        #expect(KnownCause(thread).functions == ["pump"])
    }

    @Test("a leak of the known cause is known, of another it is a leak, in each row that leaks alike")
    func marking() {
        let other = Self.session(HolderStep("rooms", "Map"))
        for (causes, isKnown) in [([other, Self.known], true), ([other], false), ([], true)] {
            var result = Self.result(causes)
            var second = Self.entry(KnownCause(Self.known))
            second.lifecycle = "reset/open"
            result.mark([Self.entry(KnownCause(Self.known)), second])
            #expect((result.verdictBesideKnown == .clean) == isKnown)
            for row in 1...2 {
                #expect(result.rows[row].resources[0].objection == (isKnown ? nil : .otherCause))
            }
        }
        var anyCause = Self.result([other])
        anyCause.mark([Self.entry(nil)])
        #expect(anyCause.rows[1].resources[0].knownLeak != nil)
    }

    @Test("the cause is written down for each row that shares it, and a known leak that names one is explained again")
    func written() {
        var result = Self.result([Self.known])
        let entries = result.knownLeaks(keeping: [])
        #expect(entries.map(\.cause) == [KnownCause(Self.known), KnownCause(Self.known)])
        result.mark(entries)
        #expect(result.verdictBesideKnown == .clean)
        #expect(ExplanationPlan.rows(of: result, takesKnown: false) == [1])
        result.mark(
            entries.map {
                KnownLeak(
                    lifecycle: $0.lifecycle, resource: $0.resource, perConnection: 2, reason: "r", expires: $0.expires)
            })
        #expect(ExplanationPlan.rows(of: result, takesKnown: false).isEmpty)
        #expect(result.knownLeaks(keeping: entries).map(\.cause) == entries.map(\.cause))
    }
}
