import LeakStatistics
import Testing

@testable import LeakCheck

@Suite("Two checks compared")
struct ComparisonTests {
    private typealias Finding = CheckComparison.Finding

    private func leak(_ amount: Double, _ error: Double = 0, known: Bool = false) -> Finding {
        Finding(
            lifecycle: "fin", resource: .descriptors, verdict: .leak, perConnection: amount,
            interval: amount - error...amount + error, isKnown: known)
    }

    private func other(_ verdict: Verdict) -> Finding {
        Finding(lifecycle: "fin", resource: .descriptors, verdict: verdict, smallestDetectable: 0.01)
    }

    private func change(_ before: Finding?, _ after: Finding?) -> (CheckComparison.Change?, Verdict) {
        let comparison = CheckComparison(before: [before].compactMap { $0 }, after: [after].compactMap { $0 })
        return (comparison.entries.first?.change, comparison.verdict)
    }

    @Test("what appears, grows, shrinks and goes")
    func changes() {
        #expect(change(other(.clean), leak(1)) == (.new, .leak))
        #expect(change(other(.inconclusive), leak(1)) == (.new, .leak))
        #expect(change(nil, leak(1)) == (.new, .leak))
        #expect(change(leak(1), leak(1.2)) == (.grown, .leak))
        #expect(change(leak(1), leak(0.8)) == (.shrunk, .clean))
        #expect(change(leak(1), other(.clean)) == (.gone, .clean))
        #expect(change(leak(1), leak(1)) == (.same, .clean))
        #expect(change(other(.clean), other(.clean)) == (.nothing, .clean))
        #expect(change(other(.inconclusive), other(.inconclusive)) == (.nothing, .clean))
    }

    @Test("what is no longer decided, or not looked at")
    func undecided() {
        #expect(change(leak(1), other(.inconclusive)) == (.undecided, .inconclusive))
        #expect(change(other(.clean), other(.inconclusive)) == (.undecided, .inconclusive))
        #expect(change(other(.inconclusive), other(.clean)) == (.nothing, .clean))
        #expect(change(leak(1), nil) == (.notChecked, .clean))
        #expect(change(nil, other(.inconclusive)) == (.nothing, .clean))
    }

    @Test("a difference counts beyond the errors of both, and beyond a tenth")
    func errors() {
        #expect(change(leak(100, 30), leak(150, 30)).0 == .same)
        #expect(change(leak(100, 20), leak(150, 20)).0 == .grown)
        #expect(change(leak(100, 0.1), leak(109, 0.1)).0 == .same)
        #expect(change(leak(100, 0.1), leak(111, 0.1)).0 == .grown)
    }

    @Test("a leak that is accepted fails nothing")
    func known() {
        #expect(change(other(.clean), leak(1, known: true)) == (.new, .clean))
    }

    @Test("rows of both are there once, those of the earlier check last")
    func order() {
        var (first, second) = (leak(1), leak(1))
        first.lifecycle = "reset"
        second.lifecycle = "fin"
        let comparison = CheckComparison(before: [first, second], after: [second])
        #expect(comparison.entries.map(\.lifecycle) == ["fin", "reset"])
        #expect(comparison.entries.map(\.change) == [.same, .notChecked])
    }
}
