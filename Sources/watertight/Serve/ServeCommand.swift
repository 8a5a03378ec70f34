import ArgumentParser
import Environments
import Glibc
import Logging
import Sockets
import SystemCalls
import TLS
import WebSocketProtocol
import WebSockets

/// `watertight serve`: a WebSocket server to probe, to test clients with, and to check.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a WebSocket server, loopback only unless told otherwise.",
        discussion: """
            Prints one line on stdout once it listens:

              watertight listening on ws://127.0.0.1:9001/

            With --tls or --cert and --key it is wss://, and the certificate's SHA-256 goes to stderr.

            Over HTTP it answers GET /healthz, /stats (JSON) and /metrics (OpenMetrics, or the older text of Prometheus to a \
            client that names only that in Accept), under the names and addresses of \
            this machine's loopback, the one of --host and those of --allow-host; others get 421.

            Logs go to stderr. SIGTERM or SIGINT closes every connection with 1001 and ends with exit code 0; a \
            second signal ends at once.
            """)

    /// What the server does with messages.
    enum HandlerKind: String, ExpressibleByArgument, CaseIterable {
        case echo, sink, push, broadcast
    }

    @Option(help: "Address or name to listen on.")
    var host = "127.0.0.1"
    @Option(help: "Port to listen on; 0 takes a free one.")
    var port: UInt16 = 9001
    @Option(
        help: "Event loops, each a thread with a listening socket of its own; the kernel spreads connections over them."
    )
    var loops = 1
    @Option(
        help: """
            echo sends every message back; sink takes them; broadcast sends each to all connections; push sends 1 KiB of \
            text every 100 ms and ignores input.
            """)
    var handler = HandlerKind.echo
    @Option(
        help: ArgumentHelp(
            "permessage-deflate when a client offers it.",
            discussion: """
                on costs no memory per idle connection; takeover makes messages smaller, for up to 300 KB per \
                connection, server-takeover and client-takeover do so in one direction.
                """))
    var compression = CompressionMode.on
    @OptionGroup(title: "Compression")
    var compressionOptions: CompressionOptions
    @Option(name: .customLong("subprotocol"), help: "Subprotocol to accept; repeatable.")
    var subprotocols: [String] = []
    @Option(
        name: .customLong("allow-origin"),
        help:
            "Origin to accept, such as https://example.com; repeatable. Others get 403. Without it every origin is accepted."
    )
    var allowedOrigins: [String] = []
    @Option(
        name: .customLong("allow-host"),
        help: ArgumentHelp(
            "Name in the Host field under which /healthz, /stats and /metrics are answered as well; repeatable.",
            valueName: "name"))
    var allowedHosts: [String] = []
    @OptionGroup(title: "TLS")
    var tls: TLSServerOptions
    @OptionGroup(title: "Limits")
    var limits: LimitOptions
    @OptionGroup(title: "Managers")
    var managers: ManagerOptions
    @OptionGroup(title: "Environment")
    var environment: EnvironmentOptions
    @OptionGroup(title: "Live")
    var live: LiveOption
    @OptionGroup(title: "Faults")
    var faults: FaultOptions
    @Option(
        name: .customLong("plant-leak"),
        help: ArgumentHelp(
            "Leak on purpose: KIND@LIFECYCLE[+deflate][:EVERY]; repeatable.",
            discussion: """
                KIND is descriptor, memory=BYTES, thread, timer, task or session, an entry of a map; session=MAX keeps \
                the latest MAX only, which is no leak. LIFECYCLE is clean-close, bare-tcp, fin, reset, \
                vanish-handshake, protocol-error or any; +deflate leaks after compressed connections only; EVERY leaks \
                at every so many of them only. A control with which to see that a check finds what is there.
                """,
            valueName: "kind@lifecycle[+deflate][:every]"))
    var plantedLeaks: [PlantedLeak] = []
    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func validate() throws {
        guard (1...Self.maximumLoops).contains(loops) else {
            throw ValidationError(
                "--loops must be 1 to \(Self.maximumLoops), one for each core that it may use, not \(loops)")
        }
    }

    /// More than one for each core is of no use, and each takes a thread and its buffers.
    private static let maximumLoops = 256

    func run() async throws {
        let environment = try environment.resolved()
        let logger = logging.logger("watertight.server")
        logger.info("environment \(environment.environment.rawValue): \(environment.reason)")
        DescriptorLimit.raise()
        let identity = try identity()
        let pages = StatusPages(for: AllowedHosts(listeningOn: host, more: allowedHosts))
        let configuration = try configuration(environment.limits, identity, pages)
        let page = try await live.port.asyncMap { try await LiveServing(on: $0) }
        let server: WebSocketServer
        do {
            server = try await WebSocketServer.start(configuration, logger: logger, makeHandler: makeHandler)
        } catch {
            StandardError.print("watertight: cannot listen on \(host):\(port): \(error)")
            throw Code.unreachable
        }
        pages.begin(server)
        page?.begin(pages, url: server.url)
        announce(server, identity, logger)
        let signal = try await TerminationSignals.first()
        logger.info("ending on signal \(signal)")
        await server.shutdown(within: limits.shutdownLimit.duration)
        await page?.end()
    }

    /// What the options say of the server.
    private func configuration(
        _ managerLimits: EnvironmentLimits, _ identity: TLSIdentity?, _ pages: StatusPages
    ) throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.loops = loops
        configuration.subprotocols = subprotocols
        configuration.compression = compressionOptions.options(compression, role: .server)
        limits.apply(to: &configuration)
        configuration.managers = managers.configuration(
            managerLimits, maximumConnections: configuration.maximumConnections)
        if let identity { configuration.encryption = try TLSContext.server(identity) }
        configuration.httpResponse = { pages.response(to: $0) }
        configuration.faults = faults.plan
        if !allowedOrigins.isEmpty { configuration.refusal = refusal }
        let planter = plantedLeaks.isEmpty ? nil : Locked(LeakPlanter(plantedLeaks))
        configuration.connectionEnds = { connection, outcome in
            pages.connectionEnds(connection, outcome)
            planter?.withLock { $0.connectionEnds(connection, outcome) }
        }
        return configuration
    }

    /// Refuses browsers' pages of other origins than those that are allowed.
    private var refusal: @Sendable (RequestHead) -> HTTPResponse? {
        let allowed = Set(allowedOrigins.map { $0.lowercased() })
        return { request in
            // Compared as ASCII: Unicode has other letters whose lower case is a Latin one.
            if let origin = request.origin, origin.utf8.allSatisfy({ $0 < 0x80 }),
                allowed.contains(origin.lowercased())
            {
                return nil
            }
            return HTTPResponse(status: 403, text: "This origin may not connect.\n")
        }
    }

    /// Says where the server listens, and warns of who else may come.
    private func announce(_ server: WebSocketServer, _ identity: TLSIdentity?, _ logger: Logger) {
        StandardOutput.print("watertight listening on \(server.url)")
        if let identity { StandardError.print("watertight: the certificate's SHA-256 is \(identity.fingerprint)") }
        if !server.address.isLoopback {
            logger.warning(
                "listening on \(server.address), which other machines may reach; there is no \(identity == nil ? "TLS and no " : "")login"
            )
        }
        if handler == .broadcast && allowedOrigins.isEmpty {
            logger.warning(
                "every page that a browser here opens may join and read what all others send: name who may with --allow-origin"
            )
        }
    }

    /// What the server proves to be; nil without TLS.
    private func identity() throws -> TLSIdentity? {
        do {
            return try tls.identity()
        } catch let failure as TLSSetupFailure {
            throw ValidationError("\(failure)")
        }
    }

    private var makeHandler: @Sendable (Upgrade) -> any ConnectionHandler {
        switch handler {
        case .echo:
            let echo = EchoHandler()
            return { _ in echo }
        case .sink:
            let sink = SinkHandler()
            return { _ in sink }
        case .broadcast:
            let broadcast = BroadcastHandler()
            return { _ in broadcast }
        case .push: return { _ in PushHandler() }
        }
    }
}

/// The limits of `serve`.
struct LimitOptions: ParsableArguments {
    @Option(help: "Connections at a time; more get 503.")
    var maxConnections = ServerConfiguration().maximumConnections
    @Option(help: "Bytes that all connections may hold together for unfinished input and unread output.")
    var maxBufferedBytes = ServerConfiguration().maximumBufferedBytes
    @Option(help: "Connections that wait to be accepted.")
    var backlog = ListenOptions().backlog
    @Option(help: "Time for the opening handshake.")
    var handshakeLimit = DurationArgument(ConnectionLimits().handshakeLimit)
    @Option(help: "Time without a byte from the peer before the connection is closed.")
    var idleLimit = DurationArgument(ConnectionLimits().idleLimit)
    @Option(help: "Time without a byte before a Ping is sent, and for its answer; 0 sends none.")
    var pingInterval = DurationArgument(ConnectionLimits().pingInterval ?? .zero)
    @Option(help: "Time for the closing handshake.")
    var closeLimit = DurationArgument(ConnectionLimits().closeLimit)
    @Option(help: "Time for clients to leave when the server ends.")
    var shutdownLimit = DurationArgument(.seconds(5))
    @Option(help: "Largest message, in bytes.")
    var maxMessageBytes = MessageLimits().maximumMessageBytes
    @Option(help: "Largest frame, in bytes.")
    var maxFrameBytes = MessageLimits().maximumFrameBytes
    @Option(help: "Bytes kept for a peer that reads slowly.")
    var sendBufferBytes = ConnectionLimits().sendBufferBytes

    func validate() throws {
        for (name, value) in [
            ("--max-connections", maxConnections), ("--max-message-bytes", maxMessageBytes),
            ("--max-frame-bytes", maxFrameBytes), ("--send-buffer-bytes", sendBufferBytes), ("--backlog", Int(backlog)),
            ("--max-buffered-bytes", maxBufferedBytes),
        ] where value < 1 {
            throw ValidationError("\(name) must be at least 1, not \(value)")
        }
        for (name, value) in [
            ("--max-message-bytes", maxMessageBytes), ("--max-frame-bytes", maxFrameBytes),
            ("--send-buffer-bytes", sendBufferBytes),
        ] where value > 1 << 30 {
            throw ValidationError("\(name) must be at most 1 GiB (1073741824), not \(value)")
        }
        for (name, value) in [
            ("--handshake-limit", handshakeLimit), ("--idle-limit", idleLimit), ("--close-limit", closeLimit),
        ] where value.duration <= .zero {
            throw ValidationError("\(name) must be longer than 0")
        }
    }

    func apply(to configuration: inout ServerConfiguration) {
        configuration.maximumConnections = maxConnections
        configuration.maximumBufferedBytes = maxBufferedBytes
        configuration.listen.backlog = backlog
        configuration.limits.handshakeLimit = handshakeLimit.duration
        configuration.limits.idleLimit = idleLimit.duration
        configuration.limits.pingInterval = pingInterval.duration == .zero ? nil : pingInterval.duration
        configuration.limits.closeLimit = closeLimit.duration
        configuration.limits.messages = MessageLimits(
            maximumFrameBytes: maxFrameBytes, maximumMessageBytes: maxMessageBytes)
        configuration.limits.sendBufferBytes = sendBufferBytes
    }
}
