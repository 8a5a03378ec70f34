import LeakStatistics
import Lifecycles

@testable import LeakCheck

/// Measurements to judge, made by hand.
enum Measured {
    /// What a target holds after so many connections, in the drive with the number `drive`, counted from 0.
    struct Levels {
        var descriptors: (_ connections: Double, _ drive: Int) -> Double = { _, _ in 10 }
        var threads: (_ connections: Double, _ drive: Int) -> Double = { _, _ in 4 }
        var memory: (_ connections: Double, _ drive: Int) -> Double = { _, _ in 1_000_000 }
        /// What is left of descriptors at the end of a pause.
        var descriptorsAtRest: ((_ connections: Double) -> Double)?
        /// The live heap, at every other reading.
        var heap: ((_ connections: Double) -> Double)?
        /// The blocks on it, read with it.
        var blocks: ((_ connections: Double) -> Double)?
        /// Goroutines, where the heap is read.
        var goroutines: ((_ connections: Double) -> Double)?
    }

    /// A row of `drives` of so many blocks of 100 connections each, with a pause of `pause` seconds after each but the last, or
    /// pauses of those that `pauses` has.
    static func row(
        _ levels: Levels = Levels(), drives: [Int] = [40], pause: Double = 80, pauses: [Double] = [],
        lifecycle: Lifecycle = .fin
    ) -> RowMeasurement {
        var row = RowMeasurement(lifecycle)
        var (connections, seconds) = (0.0, 0.0)
        func add(_ phase: CheckResult.Sample.Phase, _ drive: Int, _ index: Int) {
            let atRest = phase == .pause ? levels.descriptorsAtRest?(connections) : nil
            var sample = CheckResult.Sample(
                lifecycle: lifecycle.name, connections: Int(connections), seconds: seconds, phase: phase,
                descriptors: Int(atRest ?? levels.descriptors(connections, drive)),
                threads: Int(levels.threads(connections, drive)), privateMemory: Int(levels.memory(connections, drive)),
                residentMemory: 9_000_000)
            if let heap = levels.heap, index.isMultiple(of: 2) || phase == .pause {
                sample.probed = ["liveHeap": heap(connections)]
                sample.probed?["blocks"] = levels.blocks?(connections)
                sample.probed?["goroutines"] = levels.goroutines?(connections)
            }
            row.samples.append(sample)
        }
        for (drive, blocks) in drives.enumerated() {
            if drive > 0 {
                seconds += drive <= pauses.count ? pauses[drive - 1] : pause
                add(.pause, drive - 1, 0)
            } else {
                add(.measure, 0, 0)
            }
            for block in 1...blocks {
                connections += 100
                seconds += 0.5
                add(drive == 0 ? .measure : .confirm, drive, block)
            }
        }
        row.connections.attempted = row.completed
        row.connections.completed = row.completed
        return row
    }

    /// A judge that asks for a pause of 75 s.
    static func judge(_ resources: [Resource] = Resource.ofEveryTarget, usesTracingGC: Bool = false) -> RowJudge {
        var rules = RowJudge.Rules()
        rules.resources = resources
        rules.verdicts = resources.count
        rules.pauseSeconds = 75
        rules.usesTracingGC = usesTracingGC
        return RowJudge(rules)
    }

    /// What `judge` says of `resource`.
    static func finding(
        _ row: RowMeasurement, _ resource: Resource, _ judge: RowJudge = judge()
    ) -> CheckResult.Finding {
        judge.row(row).resources.first { $0.resource == resource }
            ?? CheckResult.Finding(resource: resource, verdict: .inconclusive)
    }
}
