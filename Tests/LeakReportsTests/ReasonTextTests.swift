import LeakStatistics
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("Reasons in words")
struct ReasonTextTests {
    @Test(
        "a suspicion without its pause says how long it was kept, or that there was no pause at all",
        arguments: [
            (40.0, "was kept for at least 40 s, but servers keep"), (90, "was over before a pause of 75 s could tell"),
        ])
    func pauseMissing(kept: Double, words: String) {
        let finding = CheckResult.Finding(
            resource: .threads, verdict: .inconclusive, perConnection: 1,
            reason: .pauseMissing(keptSeconds: kept, requiredSeconds: 75))
        #expect(finding.remark?.contains(words) == true, "\(finding.remark ?? "")")
    }
}
