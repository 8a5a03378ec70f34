import LeakStatistics
import Lifecycles
import Testing

@testable import LeakCheck

@Suite("Diagnosis: what counts")
struct DiagnosisEvidenceTests {
    private static let endings = ["clean-close", "bare-tcp", "fin", "reset/open", "leave-at-once", "idle/pong"]
    private static let withoutClose = ["fin", "reset/open", "leave-at-once"]

    @Test("nothing leaks, nothing is said")
    func clean() { #expect(DiagnosedCheck.result { _ in [:] }.diagnoses.isEmpty) }

    @Test("inconclusive and stalled rows neither support nor contradict")
    func undecided() {
        var result = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose)
        result.doubt(["bare-tcp", "leave-at-once"])
        #expect(result.kinds == [.withoutClose])
        #expect(result.diagnoses[0].lifecycles == ["fin", "reset/open"])
        #expect(result.diagnoses[0].spared == ["clean-close", "idle/pong"])
        var stalled = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose + ["idle/pong"])
        #expect(stalled.kinds == [.noPattern])
        stalled.rows[5].stall = CheckResult.Stall(
            .answering, after: 100, hasRecovered: false, pauseSeconds: 5, isOutOfDescriptors: false)
        #expect(stalled.kinds == [.withoutClose])
    }

    @Test("one leaking row and nothing clean proves nothing; nor does a clean row that could hide the leak")
    func tooLittle() {
        var result = DiagnosedCheck.result(Self.endings, leaking: ["fin"])
        result.doubt(Self.endings.filter { $0 != "fin" })
        #expect(result.diagnoses.isEmpty)
        var blind = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose)
        blind.rows[3].resources[0].verdict = .clean
        #expect(blind.kinds == [.fin])
        blind.rows[3].resources[0].smallestDetectable = 2
        #expect(blind.kinds == [.fin])
        #expect(blind.diagnoses[0].spared == ["clean-close", "bare-tcp", "idle/pong"])
    }

    @Test("a pattern must be certain of half of the leaking rows")
    func certainty() {
        let labels = [
            "clean-close", "reset/open", "fin", "leave-at-once", "reject/key", "reject/path", "reject/origin",
        ]
        func kinds(_ count: Int) -> [Diagnosis.Kind] {
            DiagnosedCheck.result(Array(labels.prefix(count)), leaking: Array(labels.prefix(count).dropFirst(2))).kinds
        }
        #expect(kinds(6) == [.fin])
        #expect(kinds(7) == [.noPattern])
    }

    @Test("a known leak takes no part")
    func known() {
        var result = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose + ["idle/pong"])
        let entry = KnownLeak(
            lifecycle: "idle/pong", resource: .descriptors, perConnection: 2, reason: "known",
            expires: CalendarDay("2026-12-31")!)
        result.mark([entry])
        #expect(result.kinds == [.withoutClose])
        #expect(
            !result.diagnoses[0].lifecycles.contains("idle/pong") && !result.diagnoses[0].spared.contains("idle/pong"))
        var one = DiagnosedCheck.result(Self.endings, leaking: ["idle/pong"])
        one.mark([entry])
        #expect(one.diagnoses.isEmpty)
    }

    @Test("amounts that agree are the same; others lie between the least and the most")
    func amounts() {
        let amounts: [String: Double] = ["fin": 1000, "reset/open": 1060, "leave-at-once": 1020]
        let same = DiagnosedCheck.result(Self.endings) { amounts[$0].map { [.privateMemory: $0] } ?? [:] }
        let leak = same.diagnoses[0].leaks[0]
        #expect(leak.isSame && leak.perConnection == 1020 && leak.least == 1000 && leak.most == 1060)
        let other = DiagnosedCheck.result(Self.endings) {
            amounts[$0].map { [.privateMemory: $0 == 1060 ? 3000 : $0] } ?? [:]
        }
        #expect(other.kinds == [.withoutClose])
        #expect(!other.diagnoses[0].leaks[0].isSame && other.diagnoses[0].leaks[0].most == 3000)
    }

    @Test("one defect that shows in two resources is one diagnosis, though memory shows in fewer rows")
    func follows() {
        var result = DiagnosedCheck.result(Self.endings) {
            Self.withoutClose.contains($0) ? [.descriptors: 1, .privateMemory: 4096] : [:]
        }
        #expect(result.kinds == [.withoutClose])
        #expect(result.diagnoses[0].leaks.map(\.resource) == [.descriptors, .privateMemory])
        // Of the resets alone memory would say that a reset leaks.
        result.rows[2].resources[1].verdict = .inconclusive
        result.rows[4].resources[1].verdict = .clean
        result.rows[4].resources[1].smallestDetectable = 5000
        #expect(result.kinds == [.withoutClose])
        #expect(result.diagnoses[0].leaks[1].lifecycles == ["reset/open"])
    }

    @Test("two defects are two diagnoses: by resource, or by amount")
    func two() {
        let byResource = DiagnosedCheck.result(Self.endings, resources: [.descriptors, .liveHeap]) {
            ($0 == "bare-tcp" ? [:] : [.liveHeap: 3100]).merging($0 == "fin" ? [.descriptors: 1] : [:]) { $1 }
        }
        #expect(byResource.kinds == [.request, .oneLifecycle])
        let byAmount = DiagnosedCheck.result(leaking: []).rows.map(\.lifecycle.label)
        let result = DiagnosedCheck.result(byAmount) { label in
            switch label {
            case "bare-tcp", "stall-handshake/silent": [.descriptors: 0.5]
            case "close-unanswered", "server-close": [.descriptors: 1]
            default: [:]
            }
        }
        #expect(result.kinds == [.nothingSent, .provokedClose])
        #expect(result.diagnoses.map(\.leaks[0].perConnection) == [0.5, 1])
    }
}
