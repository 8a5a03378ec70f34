import ArgumentParser
import Glibc
import ProcessResources

/// `engine-costs sample`: everything that a check reads of a process, again and again.
struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Sample a process: memory, descriptors by kind, TCP states, threads, children."
    )

    @Argument(help: "The process.") var pid: Int32
    @Option(help: "Samples to take.") var count = 20
    @Option(help: "Samples a second; 0 for as many as it can.") var rate = 0.0
    @Flag(help: "Leave the states of TCP sockets out, as between two blocks of a check.") var withoutStates = false

    func run() throws {
        var tree = try ProcessTree(roots: [pid])
        var sample = try tree.sample(tcpStates: !withoutStates)
        let before = processorSeconds()
        let start = ContinuousClock.now
        for index in 0..<count {
            if rate > 0 {
                let wait = start + .seconds(Double(index) / rate) - ContinuousClock.now
                usleep(UInt32(max(0, wait / .microseconds(1))))
            }
            sample = try tree.sample(tcpStates: !withoutStates)
        }
        let cost = (processorSeconds() - before) / Double(count) * 1e6
        let sockets = sample.processes.reduce(0) { $0 + ($1.descriptors.byKind[.socket] ?? 0) }
        let connected = sample.processes.reduce(0) { $0 + ($1.tcpStates[.established] ?? 0) }
        print(
            """
            {"cpu_us_per_sample":\(cost),"sockets":\(sockets),"established":\(connected),\
            "seconds":\((ContinuousClock.now - start) / .seconds(1))}
            """)
    }
}
