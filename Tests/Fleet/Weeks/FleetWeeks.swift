import Fleet
import Glibc
import LeakStatistics
import SimulatedFleet

/// How often simulated weeks without a leak are called one, and how often weeks with one are.
@main
struct FleetWeeks {
    static func main() throws {
        let weeks = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 300
        let cases: [(String, SimulatedWeek.Leak, Resource?)] = [
            ("without a leak", .init(), nil),
            ("0.01 descriptors a connection", .init(descriptors: 0.01), .descriptors),
            ("64 B of live heap a connection", .init(liveHeap: 64), .liveHeap),
            ("4 KiB of private memory a connection", .init(privateMemory: 4096), .privateMemory),
        ]
        var isGood = true
        for (name, leak, resource) in cases {
            var counts: [String: Int] = [:]
            var (called, judged) = (0, 0)
            for seed in 1...UInt64(weeks) {
                let week = SimulatedWeek(seed: seed, leak: leak)
                let result = try FleetRun(FleetPlan(time: week.time), week).result()
                for finding in result.findings where resource == nil || finding.resource == resource {
                    judged += 1
                    if finding.verdict == .leak { called += 1 }
                    let key = "\(finding.resource.rawValue) \(finding.verdict?.rawValue ?? "") \(finding.reason.map { "\($0)".prefix { $0 != "(" } } ?? "")"
                    counts[key, default: 0] += 1
                    if CommandLine.arguments.contains("-v"), (finding.verdict == .leak) != (resource != nil) {
                        print("  seed \(seed) \(finding.resource.rawValue) \(finding.verdict!) \(finding.reason.map { "\($0)" } ?? "") \(finding.perConnection ?? .nan) \(finding.interval.map { "\($0)" } ?? "") pods \(finding.pods) lives \(finding.lives) connections \(finding.connections)")
                    }
                }
            }
            let share = Double(called) / Double(max(1, judged))
            isGood = isGood && (resource == nil ? called == 0 : share >= 0.95)
            print("\(name): \(weeks) weeks, \(judged) verdicts, \(called) leaks (\((share * 1000).rounded() / 10)%)")
            for (key, count) in counts.sorted(by: { $0.key < $1.key }) { print("    \(count) \(key)") }
        }
        if !isGood { exit(1) }
    }
}
