import ArgumentParser
import Glibc
import Lifecycles
import Remedies
import Sockets
import SystemCalls
import WebSocketProtocol

/// `engine-costs drive`: one lifecycle, many connections, as a check drives them.
///
/// The main thread only waits: valgrind does not survive the way in which Dispatch parks it.
struct DriveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drive", abstract: "Play a lifecycle against a server on 127.0.0.1.")

    @Argument(help: "The server's port.") var port: UInt16
    @Option(help: "The lifecycle's name.") var lifecycle = "clean-close"
    @Option(help: "Connections to make.") var connections = 20_000
    @Option(help: "Connections at a time.") var concurrency = 32
    @Option(help: "Connections to make before anything is measured.") var warmUp = 0

    func run() throws {
        DescriptorLimit.raise()
        Task.detached {
            do {
                try await drive()
                Glibc.exit(0)
            } catch {
                print("engine-costs: \(error)")
                Glibc.exit(1)
            }
        }
        while true { pause() }
    }

    private func drive() async throws {
        guard let lifecycle = Lifecycle.named(lifecycle).first else {
            throw ValidationError("no lifecycle is called '\(lifecycle)'")
        }
        var script = PeerScript(
            url: try WebSocketURL("ws://127.0.0.1:\(port)/"), address: .loopback(port: port))
        script.stepLimit = .seconds(60)
        let driver = try PeerDriver()
        if warmUp > 0 { _ = await driver.drive(lifecycle, script, load(warmUp)) }
        let before = processorSeconds()
        let start = MonotonicTime.now
        let counts = await driver.drive(lifecycle, script, load(connections))
        let seconds = start.elapsed.inSeconds
        let cost = (processorSeconds() - before) / Double(max(1, counts.completed)) * 1e6
        driver.stop()
        print(
            """
            {"completed":\(counts.completed),"seconds":\(seconds),"cpu_us_per_conn":\(cost),\
            "errors":\(counts.attempted + counts.notAttempted - counts.completed)}
            """)
        if let problem = counts.firstProblem { throw ValidationError(problem.description) }
    }

    private func load(_ connections: Int) -> PeerDriver.Load {
        PeerDriver.Load(connections: connections, concurrency: concurrency, limit: .seconds(120))
    }
}
