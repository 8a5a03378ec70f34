import ArgumentParser
import Glibc
import Sockets
import SystemCalls

/// `endurance peers`: the hostile side, in a process of its own, with a bystander among them.
struct PeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers", abstract: "Play a hostile scenario against a server and say how a bystander fared.",
        shouldDisplay: false)

    @Argument var scenario: HostileScenario
    @Argument var port: UInt16

    func run() async throws {
        DescriptorLimit.raise()
        // Whatever happens, it ends.
        alarm(60)
        let bystander = try Bystander("ws://127.0.0.1:\(port)/")
        let watching = try await bystander.begin()
        let loop = try EventLoop(name: "peers")
        let start = MonotonicTime.now
        let crowd = Crowd(loop: loop, scenario: scenario, address: .loopback(port: port))
        let ended = await withUnsafeContinuation { continuation in
            loop.execute { crowd.begin { continuation.resume(returning: $0) } }
        }
        let seconds = start.elapsed.inSeconds
        bystander.end()
        var account = await watching.value
        account.ended = ended
        account.seconds = seconds
        loop.stop()
        bystander.stop()
        for line in account.lines { print(line) }
    }
}

/// All peers of a scenario, on their loop.
private final class Crowd: @unchecked Sendable {
    private let loop: EventLoop
    private let scenario: HostileScenario
    private let address: SocketAddress
    private var begun = 0
    private var ended = 0
    private var finished: ((Int) -> Void)?
    private var timer: Timer?

    private static let begunPerTick = 200

    init(loop: EventLoop, scenario: HostileScenario, address: SocketAddress) {
        self.loop = loop
        self.scenario = scenario
        self.address = address
    }

    /// Begins all of them, some at a time; `finished` gets the number once the last has ended.
    func begin(_ finished: @escaping (Int) -> Void) {
        self.finished = finished
        timer = Timer(on: loop, after: .zero, every: .milliseconds(10)) { [self] in
            for _ in 0..<Self.begunPerTick where begun < scenario.peers { start() }
            if begun == scenario.peers { timer?.cancel() }
        }
    }

    private func start() {
        begun += 1
        let peer = HostilePeer(loop: loop, scenario.behaviour(begun - 1)) { [self] in
            ended += 1
            if ended == scenario.peers { finished.take()?(ended) }
        }
        do throws(SystemCallError) {
            try peer.begin(address)
        } catch {
            fatalError("a peer cannot connect: \(error)")
        }
    }
}
