import LeakStatistics
import Lifecycles
import Testing

@testable import LeakCheck

@Suite("A row's findings")
struct RowFindingTests {
    /// A row whose descriptors grow by `rate` for each connection, with or without a pause and a second round.
    private func row(descriptorsPerConnection rate: Double, confirmed: Bool, completedShare: Double = 1) -> RowRun {
        let row = RowRun(.fin)
        func add(_ connections: Int, _ phase: CheckResult.Sample.Phase) {
            row.samples.append(
                CheckResult.Sample(
                    lifecycle: "fin", connections: connections, seconds: 0, phase: phase,
                    descriptors: 10 + Int(Double(connections) * rate), threads: 4, privateMemory: 5_000_000,
                    residentMemory: 9_000_000))
        }
        for block in 0...20 { add(block * 100, .measure) }
        if confirmed {
            row.pauseIndex = row.samples.count - 1
            for block in 0...8 { add(2000 + block * 100, block == 0 ? .pause : .confirm) }
            for index in (row.samples.count - 9)..<row.samples.count { row.samples[index].seconds = 12.7 }
        }
        row.counts.attempted = Int(2000 / completedShare)
        row.counts.completed = 2000
        return row
    }

    private func finding(_ row: RowRun, _ resource: Resource) throws -> CheckResult.Finding {
        try #require(row.result(isLazy: false).resources.first { $0.resource == resource })
    }

    @Test(
        "a suspect rests for a third of the budget, as long as timers need and no longer than they take",
        arguments: [(6, 5), (60, 20), (120, 40), (3600, 40)])
    func patience(budget: Int, seconds: Int) {
        #expect(CheckRun.patience(for: .seconds(budget)) == .seconds(seconds))
    }

    @Test func leak() throws {
        let row = row(descriptorsPerConnection: 0.5, confirmed: true)
        row.statesAtStart = ["LISTEN": 1]
        row.statesAtEnd = ["LISTEN": 1, "CLOSE_WAIT": 1400]
        let descriptors = try finding(row, .descriptors)
        #expect(descriptors.verdict == .leak)
        #expect(descriptors.perConnection == 0.5)
        #expect(descriptors.tcpStates == ["CLOSE_WAIT": 1400])
        #expect(descriptors.remark?.hasPrefix("it was kept through a pause of 12 s; a server that keeps") == true)
        #expect(try finding(row, .threads).verdict == .clean)
        #expect(try finding(row, .privateMemory).verdict == .clean)
    }

    @Test("growth without a pause is not called a leak, and says what would decide it")
    func unconfirmed() throws {
        let descriptors = try finding(row(descriptorsPerConnection: 0.5, confirmed: false), .descriptors)
        #expect(descriptors.verdict == .inconclusive)
        #expect(descriptors.remark?.contains("--budget") == true)
    }

    @Test("what passes for itself and not as one of many is neither a leak nor clean")
    func amongMany() throws {
        let row = row(descriptorsPerConnection: 0.5, confirmed: true)
        for index in row.samples.indices { row.samples[index].descriptors += [0, 30, 10][index % 3] }
        #expect(try finding(row, .descriptors).verdict == .leak)
        #expect(row.isLeak(.descriptors))
        row.comparisons = 1_000_000_000
        #expect(!row.isLeak(.descriptors))
        let descriptors = try finding(row, .descriptors)
        #expect(descriptors.verdict == .inconclusive)
        #expect(descriptors.remark?.contains("of so many verdicts one may by chance") == true)
    }

    @Test("a check whose connections did not happen is inconclusive, never clean")
    func noLoad() throws {
        let row = row(descriptorsPerConnection: 0, confirmed: false, completedShare: 0.5)
        row.counts.firstProblem = "refused: HTTP 401"
        for resource in Resource.ofEveryTarget {
            let finding = try finding(row, resource)
            #expect(finding.verdict == .inconclusive)
            #expect(finding.remark?.contains("401") == true)
        }
    }

    @Test("a target that stops taking part is inconclusive, however well it began")
    func breakdown() throws {
        let row = row(descriptorsPerConnection: 0, confirmed: false)
        #expect(try finding(row, .descriptors).verdict == .clean)
        row.breakdown = "after 2000 connections the target no longer took part: no reason known"
        for resource in Resource.ofEveryTarget { #expect(try finding(row, resource).verdict == .inconclusive) }
    }

    @Test("a row that was never driven is inconclusive")
    func neverDriven() throws {
        let finding = try finding(RowRun(.reset), .privateMemory)
        #expect(finding.verdict == .inconclusive)
        #expect(finding.perConnection == nil)
        #expect(finding.remark != nil)
    }

    @Test("growth of memory beyond the environment's threshold is noted, whatever the verdict")
    func threshold() throws {
        let row = row(descriptorsPerConnection: 0, confirmed: false)
        row.samples[row.samples.count - 1].privateMemory += 60 << 20
        #expect(row.note(beyond: 60 << 20) == nil)
        let note = try #require(row.note(beyond: 50 << 20))
        #expect(note.hasPrefix("private memory grew by 60 MB under fin, beyond the environment's threshold of 50 MB"))
        #expect(RowRun(.fin).note(beyond: 0) == nil)
    }
}
