import LeakStatistics
import Lifecycles
import Remedies
import Targets
import Testing

@testable import LeakCheck

@Suite("Rows that did not go as they should")
struct DoubtTests {
    @Test("a check whose connections did not happen is inconclusive, never clean")
    func noLoad() {
        var row = Measured.row()
        row.connections.attempted = 2 * row.completed
        row.connections.firstProblem = "refused: HTTP 401"
        for resource in Resource.ofEveryTarget {
            #expect(
                Measured.finding(row, resource).reason == .fewCompleted(share: 0.5, problem: "refused: HTTP 401"))
        }
        let finding = Measured.finding(RowMeasurement(.reset), .privateMemory)
        #expect(finding.verdict == .inconclusive && finding.reason == .notDriven(problem: nil))
        #expect(finding.perConnection == nil)
    }

    @Test("a target that fails is inconclusive, however well it began; a leak that was confirmed before stands")
    func failure() {
        var clean = Measured.row()
        clean.failure = .replaced(ended: [7], by: [8])
        for resource in Resource.ofEveryTarget {
            #expect(
                Measured.finding(clean, resource).reason
                    == .failed(.replaced(ended: [7], by: [8]), grewBefore: false))
        }
        let levels = Measured.Levels(descriptors: { connections, _ in 10 + connections })
        var leaking = Measured.row(levels, drives: [40, 20])
        leaking.failure = .targetLost(after: 6000)
        #expect(Measured.finding(leaking, .descriptors).verdict == .leak)
        #expect(Measured.finding(leaking, .threads).verdict == .inconclusive)
        var unconfirmed = Measured.row(levels)
        unconfirmed.failure = .targetLost(after: 4000)
        #expect(
            Measured.finding(unconfirmed, .descriptors).reason
                == .failed(.targetLost(after: 4000), grewBefore: true))
    }

    @Test("a target that stalls is never clean, recovered or not")
    func stall() {
        for hasRecovered in [true, false] {
            let stall = CheckResult.Stall(
                .accepting, after: 2000, hasRecovered: hasRecovered, pauseSeconds: 5, isOutOfDescriptors: false)
            var row = Measured.row()
            row.stall = stall
            #expect(row.mayBeDriven == hasRecovered)
            #expect(Measured.judge().row(row).stall == stall)
            for resource in Resource.ofEveryTarget {
                #expect(Measured.finding(row, resource).reason == .stalled(stall, grewBefore: false))
            }
        }
    }

    @Test("what stopped a row goes before why it is in doubt, and not before a suspicion")
    func stopped() {
        var row = Measured.row(drives: [2])
        row.stopReason = .descriptors(limit: 64)
        guard case .limited(.descriptors(limit: 64), then: .tooFewConnections) = Measured.finding(row, .threads).reason
        else {
            Issue.record("\(Measured.finding(row, .threads))")
            return
        }
    }

    @Test("what is given back for a moment only has not been given back")
    func dip() throws {
        let levels = Measured.Levels(descriptors: { connections, _ in 10 + connections })
        var row = Measured.row(levels, drives: [20])
        var moment = try #require(row.samples.last)
        moment.phase = .pause
        for (descriptors, isReleased) in [(2010, false), (1010, false), (10, true), (2010, false), (12, true)] {
            moment.descriptors = descriptors
            let rest = Measured.judge().rest(of: row, at: moment)
            row.noteReleases(rest.releases, after: 3)
            #expect(rest.isOver == isReleased, "\(descriptors)")
            #expect((row.releasedWithin[.descriptors] != nil) == isReleased, "\(descriptors)")
        }
    }

    @Test("growth of memory beyond the environment's threshold is noted, whatever the verdict")
    func threshold() {
        var row = Measured.row()
        row.samples[row.samples.count - 1].privateMemory += 60 << 20
        #expect(RowJudge.growth(of: row, beyond: 60 << 20) == nil)
        #expect(RowJudge.growth(of: row, beyond: 50 << 20) == 60 << 20)
        #expect(RowJudge.growth(of: RowMeasurement(.fin), beyond: 0) == nil)
    }
}
