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
        "a suspect rests for a third of the budget at least, and longer where there is time; never longer than timers take",
        arguments: [(6, 5, 5), (15, 5, 9), (60, 20, 36), (90, 30, 40), (120, 40, 40), (3600, 40, 40)])
    func pause(budget: Int, least: Double, longest: Double) {
        #expect(CheckRun.pause(for: .seconds(budget)) == .seconds(least)...(.seconds(longest)))
    }

    @Test("a pause that was chosen is neither shortened nor prolonged")
    func chosenPause() {
        #expect(CheckRun.pause(for: .seconds(300), chosen: .seconds(5)) == .seconds(5)...(.seconds(5)))
        #expect(CheckRun.pause(for: .seconds(300), chosen: .seconds(120)) == .seconds(120)...(.seconds(120)))
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

    @Test("what is given back for a moment only has not been given back")
    func dip() throws {
        let row = row(descriptorsPerConnection: 1, confirmed: false)
        row.pauseIndex = row.samples.count - 1
        #expect(row.suspects(isLazy: false) == [.descriptors])
        let count = row.samples.count
        func pass(descriptors: Int) {
            var moment = row.samples[count - 1]
            moment.phase = .pause
            moment.descriptors = descriptors
            row.noteReleases(at: moment, isLazy: false)
        }
        for (descriptors, isReleased) in [(2010, false), (1010, false), (10, true), (2010, false), (12, true)] {
            pass(descriptors: descriptors)
            #expect(row.hasReleased == isReleased, "\(descriptors)")
            #expect((row.releasedWithin[.descriptors] != nil) == isReleased, "\(descriptors)")
        }
        #expect(row.samples.count == count)
    }

    @Test(
        "a suspect that goes on growing behind its pause is not settled by a wide interval", arguments: [false, true])
    func settled(growsOn: Bool) {
        let row = RowRun(.fin)
        func add(_ connections: Int, _ memory: Int, _ phase: CheckResult.Sample.Phase) {
            row.samples.append(
                CheckResult.Sample(
                    lifecycle: "fin", connections: connections, seconds: Double(row.samples.count), phase: phase,
                    descriptors: 10, threads: 4, privateMemory: 5_000_000 + memory, residentMemory: 90_000_000))
        }
        for block in 0...20 { add(block * 5000, block * 5000 * 64, .measure) }
        row.pauseIndex = row.samples.count - 1
        #expect(row.suspects(isLazy: false) == [.privateMemory])
        // In every other block twice as much, so that the interval is wide and few blocks grow.
        for block in 0...14 {
            let memory = 100_000 * 64 + (growsOn ? block / 2 * 2 * 10_000 * 64 : 0)
            add(100_000 + block * 10_000, memory, block == 0 ? .pause : .confirm)
        }
        let opinions = row.opinions(isLazy: false)
        #expect(opinions.values.allSatisfy { $0.isClean(tightly: false) })
        #expect(row.isSettled(opinions, isLazy: false) == !growsOn)
    }

    @Test("memory beside what is given back and kept again is no leak; beside what is given back for good it is")
    func keptAgain() throws {
        for (again, verdict) in [(1.0, Verdict.inconclusive), (0, .leak)] {
            let row = row(descriptorsPerConnection: 1, confirmed: true)
            for index in row.samples.indices {
                row.samples[index].privateMemory += 1000 * row.samples[index].connections
                if index > 20 {
                    row.samples[index].descriptors = 10 + Int(again * Double(row.samples[index].connections - 2000))
                }
            }
            #expect(try finding(row, .descriptors).verdict != .leak)
            #expect(try finding(row, .privateMemory).verdict == verdict)
            #expect(row.isLeak(.privateMemory) == (verdict == .leak))
        }
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

    @Test("a gauge whose readings may be old is clean only after some seconds of connections", arguments: [5.0, 7])
    func lagging(seconds: Double) throws {
        let gauge = Resource(rawValue: "open_sessions")
        let row = row(descriptorsPerConnection: 0, confirmed: false)
        row.resources.append(gauge)
        row.lagging = [gauge]
        for index in row.samples.indices {
            row.samples[index].seconds = seconds * Double(index) / 20
            row.samples[index].probed = [gauge.rawValue: 3]
        }
        #expect(try finding(row, .descriptors).verdict == .clean)
        #expect(try finding(row, gauge).verdict == (seconds > 6 ? .clean : .inconclusive))
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

    @Test("a target that stalls is never clean, recovered or not; a leak that was confirmed before stands")
    func stall() throws {
        for hasRecovered in [true, false] {
            let stall = CheckResult.Stall(
                .accepting, after: 2000, hasRecovered: hasRecovered, pauseSeconds: 5, isOutOfDescriptors: false)
            let flat = row(descriptorsPerConnection: 0, confirmed: false)
            flat.stall = stall
            #expect(flat.mayBeDriven == hasRecovered)
            #expect(flat.result(isLazy: false).stall == stall)
            for resource in Resource.ofEveryTarget {
                #expect(try finding(flat, resource).verdict == .inconclusive)
                #expect(try finding(flat, resource).remark == stall.remark)
            }
            let leaking = row(descriptorsPerConnection: 0.5, confirmed: true)
            leaking.stall = stall
            #expect(try finding(leaking, .descriptors).verdict == .leak)
            #expect(try finding(leaking, .threads).verdict == .inconclusive)
        }
        let unconfirmed = row(descriptorsPerConnection: 0.5, confirmed: false)
        unconfirmed.breakdown = "gone"
        #expect(try finding(unconfirmed, .descriptors).remark == "gone; until then it grew like a leak")
    }

    @Test("a stall is told with what became of it")
    func stallWords() {
        func statement(_ kind: CheckResult.Stall.Kind, _ count: Int, _ hasRecovered: Bool, _ isOut: Bool) -> String {
            CheckResult.Stall(
                kind, after: count, hasRecovered: hasRecovered, pauseSeconds: 4.9, isOutOfDescriptors: isOut
            ).statement
        }
        #expect(
            statement(.accepting, 7, false, true)
                == "the target stopped accepting connections after 7 of them, while its process lived on; it did not take "
                + "part again within 5 s; it has as many descriptors open as it may (ulimit -n): see what it leaves open"
        )
        #expect(statement(.answering, 7, true, false).contains("stopped answering after 7 connections"))
        #expect(statement(.answering, 7, true, false).contains("it took part again within 5 s; a stack trace"))
        #expect(statement(.answering, 0, false, false).hasPrefix("the target answered no connection within 5 s"))
    }

    @Test(
        "how a command ended, in words",
        arguments: [
            (0, "has exited with code 0"), (3 << 8, "has exited with code 3"), (9, "was ended by signal 9 (SIGKILL)"),
            (11 | 0x80, "was ended by signal 11 (SIGSEGV)"), (40, "was ended by signal 40"),
            (139 << 8, "has exited with code 139, as a shell does whose command was ended by signal 11 (SIGSEGV)"),
        ])
    func ending(status: Int32, words: String) {
        #expect("\(TargetCommand.Ending(status: status))" == words)
    }

    @Test("growth that is too little to be judged is told, and so is a slow target")
    func tooLittle() throws {
        let row = row(descriptorsPerConnection: 1, confirmed: false)
        row.samples = Array(row.samples.prefix(2))
        row.samples[1].seconds = 9
        row.counts.attempted = 100
        row.counts.completed = 100
        let remark = try #require(try finding(row, .descriptors).remark)
        #expect(remark.contains("100 connections took 9 s"))
        #expect(remark.hasSuffix("so far 100 more descriptors are held after 100 connections"))
        #expect(try finding(row, .threads).remark?.contains("so far") == false)
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
