import ArgumentParser
import LeakReports
import Lifecycles
import Remedies
import Sockets
import SystemCalls
import Targets
import WebSocketProtocol

/// `watertight drive`: a lifecycle by hand.
struct DriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drive",
        abstract: "Play one lifecycle against a server, and show what goes on.",
        discussion: """
            It prints each step with its time in milliseconds, and with --trace every octet that is sent (>) or received \
            (<), with what it means. Nothing is measured: that is what check does. \
            Over wss:// the server's certificate is verified, on loopback only where --cacert is given.

              watertight drive ws://127.0.0.1:8080/chat --lifecycle fin --trace
              watertight drive ws://127.0.0.1:8080/chat --script chat.lifecycle

            Exit codes: 0 every connection completed, 1 one did not, 64 wrong arguments, 69 the server cannot be \
            reached, 70 internal error, 130 interrupted.
            """)

    @Argument(
        help: "ws://HOST[:PORT]/PATH, or wss:// for TLS, or a PORT of this machine.", transform: TargetURL.completed)
    var url: String
    @Option(
        name: .customLong("lifecycle"), help: "Lifecycle to play, by its name.", transform: LifecycleOptions.named)
    var lifecycle: [Lifecycle]?
    @Option(help: ArgumentHelp("File with the lifecycle to play.", valueName: "file"))
    var script: String?
    @Option(help: "Connections, one after the other.")
    var count = 1
    @Flag(help: "Print the octets too.")
    var trace = false
    @Flag(help: "Print JSON Lines, schema watertight.trace/1.")
    var json = false
    @Option(help: "How long the peer stays in steps that leave it to the check.")
    var hold = DurationArgument(.seconds(1))
    @OptionGroup(title: "Peers")
    var peers: PeerArguments

    func validate() throws {
        guard (lifecycle == nil) != (script == nil) else {
            throw ValidationError("give one of --lifecycle NAME and --script FILE")
        }
        if let lifecycle, lifecycle.count > 1 {
            throw ValidationError("--lifecycle: name one of \(lifecycle.map(\.name).joined(separator: ", "))")
        }
        if !(1...1_000_000).contains(count) { throw ValidationError("--count must be between 1 and 1000000") }
        do {
            try peers.validate(at: WebSocketURL(url))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() async throws {
        let lifecycle = try lifecycle?.first ?? ScriptFile.lifecycle(at: script ?? "")
        let url = try WebSocketURL(url)
        try lifecycle.requireScheme(of: url)
        var options = try peers.options(at: url)
        options.values = try await peers.lines.read()
        try options.requireValues(for: [lifecycle])
        let printer = TracePrinter(showsOctets: trace, isJSON: json)
        let interruption = Interruption()
        let counts = try await interruption.value { [options] in
            var script = PeerScript(url: url, address: try await Self.address(of: url), options: options)
            script.holdLimit = hold.duration
            let driver = try PeerDriver()
            defer { driver.stop() }
            let load = PeerDriver.Load(
                connections: count, concurrency: 1, limit: .seconds(86_400), trace: { printer.print($0) })
            return await driver.drive(lifecycle, script, load)
        }
        if interruption.isCancelled { throw Code.interrupted }
        guard printer.hasConnected else { throw Code.unreachable }
        if case .untrusted? = counts.encryptionFailure {
            throw TargetFailure.untrusted(counts.firstProblem ?? "")
        }
        if counts.completed < counts.attempted + counts.notAttempted { throw ExitCode(1) }
    }

    private static func address(of url: WebSocketURL) async throws -> SocketAddress {
        do {
            let addresses = try await Resolver.addresses(of: url.host, port: url.port)
            // Only where there is a choice is a connection made to find out.
            return addresses.count == 1 ? addresses[0] : try await Target.reachable(url)
        } catch let failure as ResolutionFailure {
            throw TargetFailure.unreachable("\(failure)")
        }
    }
}

/// Prints the events of a trace as they come.
private final class TracePrinter: Sendable {
    private let showsOctets: Bool
    private let isJSON: Bool
    private let state = Locked((text: TraceText(), hasConnected: false))

    init(showsOctets: Bool, isJSON: Bool) {
        self.showsOctets = showsOctets
        self.isJSON = isJSON
    }

    /// Whether TCP was connected once.
    var hasConnected: Bool { state.withLock { $0.hasConnected } }

    func print(_ event: TraceEvent) {
        state.withLock { state in
            if event.kind == .connected { state.hasConnected = true }
            guard showsOctets || !event.isOctets else { return }
            StandardOutput.write(isJSON ? (try? TraceLine.render(event)) ?? "" : state.text.render(event))
        }
    }
}

extension TraceEvent {
    /// Whether it is about what is on the wire.
    fileprivate var isOctets: Bool {
        switch kind {
        case .sent, .received, .records: true
        default: false
        }
    }
}
