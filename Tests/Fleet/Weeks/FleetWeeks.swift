import ArgumentParser
import Fleet
import LeakStatistics
import SimulatedFleet

/// How often simulated weeks without a leak are called one, and how often weeks with one are.
@main
struct FleetWeeks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet-weeks",
        abstract:
            "Judge weeks of fleets that never were, without a leak and with one, and fail where too many are wrong.")

    @Option(help: "Weeks of each kind.")
    var weeks = 300
    @Option(help: "The first week's seed.")
    var seed: UInt64 = 1
    @Flag(help: "Print each verdict that is not as it should be.")
    var verbose = false

    @Option(help: "Judge one fleet of so many pods instead, and print what that costs.")
    var pods: Int?
    @Option(help: "Days of it.")
    var days = 1
    @Flag(help: "Judge each ten of its pods as a group.")
    var grouped = false

    /// What is simulated, how it is judged, and in which share of weeks it must be found.
    private struct Kind {
        var name: String
        var leak: SimulatedWeek.Leak
        var resource: Resource?
        var leastShare = 0.95
        /// Weeks with fewer connections do not count.
        var leastConnections = 100_000.0
    }

    private static let kinds = [
        Kind(name: "no leak", leak: .init()),
        Kind(name: "0.01 descriptors a connection", leak: .init(descriptors: 0.01), resource: .descriptors),
        Kind(
            name: "64 B of live heap a connection", leak: .init(liveHeap: 64), resource: .liveHeap, leastShare: 0.55),
        Kind(
            name: "4 KiB of private memory a connection", leak: .init(privateMemory: 4096), resource: .privateMemory),
    ]

    private static let busyConnections = 1e6

    func run() throws {
        if let pods {
            print(try FleetCost(pods: pods, days: days, isGrouped: grouped).measured())
            return
        }
        var isGood = true
        for kind in Self.kinds {
            var counts: [String: Int] = [:]
            var (found, judged) = (0, 0)
            var busy = (found: 0, judged: 0)
            for seed in seed..<(seed + UInt64(weeks)) {
                let week = SimulatedWeek(seed: seed, leak: kind.leak)
                guard week.connections >= kind.leastConnections else { continue }
                let result = try FleetRun(FleetPlan(time: week.time), week).result()
                for finding in result.findings where kind.resource == nil || finding.resource == kind.resource {
                    judged += 1
                    let isLeak = finding.verdict == .leak
                    found += isLeak ? 1 : 0
                    if week.connections >= Self.busyConnections {
                        busy.judged += 1
                        busy.found += isLeak ? 1 : 0
                    }
                    let reason = finding.reason.map { " \("\($0)".prefix { $0 != "(" })" } ?? ""
                    counts["\(finding.resource.rawValue) \(finding.verdict?.rawValue ?? "")\(reason)", default: 0] += 1
                    if verbose && isLeak != (kind.resource != nil) { print("    seed \(seed): \(finding)") }
                }
            }
            let share = Double(found) / Double(max(1, judged))
            let isRight = judged > 0 && (kind.resource == nil ? found == 0 : share >= kind.leastShare)
            isGood = isGood && isRight
            print(
                "\(isRight ? "passed" : "FAILED")  \(kind.name): \(found) of \(judged) verdicts of \(weeks) weeks are a leak"
            )
            print("            \(busy.found) of \(busy.judged) with a million connections or more")
            for (key, count) in counts.sorted(by: { $0.key < $1.key }) { print("            \(count) \(key)") }
        }
        if !isGood { throw ExitCode.failure }
    }
}
