import ArgumentParser
import Glibc
import Sockets
import SystemCalls
import WebSocketProtocol
import WebSockets

/// `watertight connect`: a probe for people and for pipes.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Talk to a WebSocket server: lines typed are sent, messages that arrive are printed.",
        discussion: """
            \(ProbeInput.helpText)

            Works in a pipe: echo hi | watertight connect ws://127.0.0.1:9001/
            At the end of input it waits until nothing has arrived for --linger, then closes with 1000.

            With -x nothing is read; the texts and commands after -x are taken in its place. With --expect it ends once a \
            message that contains the text has come:

              watertight connect ws://127.0.0.1:9001/ -x hello --expect hello --within 2s

            Messages go to stdout, one a line, binary ones as hexadecimal; everything else goes to stderr.

            Exit codes: 0 closed in good order or as told, 1 the server closed with a code that means trouble (other than \
            1000, 1001 or none) or the expected message did not come, 2 ended without a closing handshake, 64 wrong \
            arguments, 69 no connection or the upgrade refused, 70 internal error, 130 interrupted.
            """)

    @Argument(
        help: "ws://HOST[:PORT]/PATH, or wss:// for TLS, or a PORT of this machine.", transform: TargetURL.completed)
    var url: String
    @Option(
        name: [.customLong("header"), .customShort("H")],
        help: "Field to add to the request, \"Name: value\"; repeatable.")
    var headers: [FieldArgument] = []
    @Option(name: .customLong("subprotocol"), help: "Subprotocol to offer; repeatable.")
    var subprotocols: [String] = []
    @Option(
        help: ArgumentHelp(
            "permessage-deflate to offer.",
            discussion: "on asks both ends to keep no context, takeover allows it, the others allow it to one end."))
    var compression = CompressionMode.off
    @OptionGroup(title: "Compression")
    var compressionOptions: CompressionOptions
    @Option(help: "Origin to send.")
    var origin: String?
    @OptionGroup(title: "TLS")
    var tls: TLSClientOptions
    @Option(help: "Time for the TCP connect.")
    var connectLimit = DurationArgument(ConnectionLimits().connectLimit)
    @Option(help: "Time for the opening handshake, TLS included.")
    var handshakeLimit = DurationArgument(ConnectionLimits().handshakeLimit)
    @Option(help: "Silence to wait for at the end of input before closing.")
    var linger = DurationArgument(.milliseconds(250))
    @Option(
        name: .customShort("x"),
        help: ArgumentHelp(
            "Text to send, or command to carry out, in place of the input; repeatable.", valueName: "text"))
    var typed: [String] = []
    @Option(
        name: .customShort("w"),
        help: ArgumentHelp("Time to wait after the last -x before closing. Default: --linger.", valueName: "time"))
    var wait: DurationArgument?
    @Option(help: ArgumentHelp("End once a message that contains this text has come.", valueName: "text"))
    var expect: String?
    @Option(help: "Time for that message, from the upgrade on.")
    var within = DurationArgument(.seconds(10))
    @Flag(help: "Print messages only.")
    var quiet = false

    func validate() throws {
        if wait != nil, typed.isEmpty { throw ValidationError("-w waits after what -x sends: give -x as well") }
        if expect?.isEmpty == true { throw ValidationError("--expect needs a text") }
        do {
            let url = try WebSocketURL(url)
            _ = try ClientHandshake(
                host: url.hostField, target: url.target, fields: headers.fields, subprotocols: subprotocols,
                origin: origin)
            try tls.validate(for: url)
        } catch let error as ValidationError {
            throw error
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() async throws {
        let session = ProbeSession()
        let interruption = Interruption(onSignal: { session.interrupt() })
        let connection: AsyncConnection
        do {
            connection = try await interruption.value { try await connect() }
        } catch {
            throw session.wasInterrupted ? Code.interrupted : error
        }
        session.begin(connection)
        // The signal may have come when there was nothing to close yet.
        if session.wasInterrupted { session.interrupt() }
        let encryption = await connection.encryptionSummary
        say(
            "connected to \(url)" + (connection.subprotocol.map { ", subprotocol \($0.escapedForTerminal)" } ?? "")
                + (connection.compression.map { ", \($0)" } ?? "") + (encryption.map { ", \($0)" } ?? ""))
        if StandardInput.isTerminal { say("/help lists the commands, /close ends") }
        let typing = Task { try await type(to: session, connection) }
        let limit = Task { if expect != nil { await endExpectation(session, connection) } }
        let outcome = try await receive(from: connection, session)
        typing.cancel()
        limit.cancel()
        say("\(outcome)")
        if let expect, !session.hasMetExpectation, !session.wasInterrupted {
            StandardError.print("watertight: no message with \"\(expect.escapedForTerminal)\" came")
            throw ExitCode(1)
        }
        if let code = exitCode(outcome, session) { throw code }
    }

    private func connect() async throws -> AsyncConnection {
        var configuration = ClientConfiguration()
        configuration.fields = headers.fields
        configuration.subprotocols = subprotocols
        configuration.origin = origin
        configuration.compression = compressionOptions.options(compression, role: .client)
        configuration.limits.connectLimit = connectLimit.duration
        configuration.limits.handshakeLimit = handshakeLimit.duration
        configuration.encryption = try tls.context(for: WebSocketURL(url))
        do {
            return try await WebSocketClient.connect(to: url, configuration)
        } catch {
            StandardError.print("watertight: \(error)\(Self.hint(error))")
            throw Code.unreachable
        }
    }

    /// What can be done where the server's certificate is the trouble.
    private static func hint(_ error: any Error) -> String {
        guard case ConnectFailure.ended(let outcome) = error, case .encryptionFailed(.untrusted) = outcome.cause else {
            return ""
        }
        return TLSClientOptions.trustHint
    }

    private func receive(
        from connection: AsyncConnection, _ session: ProbeSession
    ) async throws -> CloseOutcome {
        while let message = await connection.receive() {
            session.print(Self.text(of: message))
            if let expect, !session.hasMetExpectation, Self.text(of: message).contains(expect) {
                session.meetExpectation()
                Task { await session.close(.normalClosure, reason: "") }
            }
        }
        return try await connection.closed()
    }

    private static func text(of message: Message) -> String {
        guard message.kind == .binary else {
            return StandardOutput.isTerminal ? message.text.escapedForTerminal : message.text
        }
        let digits = message.bytes.prefix(64).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined(separator: " ")
        return "[\(message.count) binary bytes] \(digits)" + (message.count > 64 ? " …" : "")
    }

    /// Sends what is typed until the input or the connection ends.
    private func type(to session: ProbeSession, _ connection: AsyncConnection) async throws {
        let input = StandardInput()
        var given = typed[...]
        do {
            while let line = try await (typed.isEmpty ? input.nextLine() : given.popFirst()) {
                switch ProbeInput(line) {
                case .text(let text):
                    try await send(session, connection) { (connection) throws(SendFailure) in try connection.send(text)
                    }
                case .ping(let text):
                    Task {
                        if let time = try await connection.roundTrip(Array(text.utf8)) { say("pong after \(time)") }
                    }
                case .binary(let file): try await sendFile(file, session, connection)
                case .close(let code, let reason):
                    await session.close(code.map(CloseCode.init(rawValue:)) ?? .normalClosure, reason: reason)
                    return
                case .fin: return await session.leave { $0.closeStream() }
                case .reset: return await session.leave { $0.closeNow() }
                case .vanish: return await vanish(session, connection)
                case .help: say(ProbeInput.helpText)
                case .mistake(let problem): StandardError.print("watertight: \(problem)")
                }
            }
        } catch SendFailure.closed {
            // What ended the connection is said when it is received.
            return
        } catch {
            StandardError.print("watertight: \(error)")
        }
        // The message that is expected, or its limit, ends it.
        if expect != nil { return }
        if let wait { await sleep(wait.duration, connection) }
        while wait == nil, session.silence < linger.duration, await connection.outcome == nil {
            await connection.loop.sleep(for: min(linger.duration - session.silence, .milliseconds(50)))
        }
        await session.close(.normalClosure, reason: "")
    }

    /// Stays without a sign of life until it is interrupted, the server resets, or the time of -w has passed.
    private func vanish(_ session: ProbeSession, _ connection: AsyncConnection) async {
        await session.leave { $0.vanish() }
        say("vanished; the connection stays open")
        guard let wait else { return }
        await sleep(wait.duration, connection)
        await session.leave { $0.closeNow() }
    }

    /// Ends the connection where the expected message does not come in time.
    private func endExpectation(_ session: ProbeSession, _ connection: AsyncConnection) async {
        await sleep(within.duration, connection)
        guard !Task.isCancelled, !session.hasMetExpectation else { return }
        await session.close(.normalClosure, reason: "")
    }

    /// Waits so long, or until the connection has ended.
    private func sleep(_ duration: Duration, _ connection: AsyncConnection) async {
        let end = MonotonicTime.now + duration
        while MonotonicTime.now < end, await connection.outcome == nil, !Task.isCancelled {
            await connection.loop.sleep(for: min(end - .now, .milliseconds(50)))
        }
    }

    private func sendFile(_ name: String, _ session: ProbeSession, _ connection: AsyncConnection) async throws {
        do {
            let bytes = try FileContents.bytes(of: name, atMost: MessageLimits().maximumMessageBytes)
            try await send(session, connection) { (connection) throws(SendFailure) in try connection.send(bytes) }
        } catch let failure as FileContents.Failure {
            StandardError.print("watertight: \(failure)")
        }
    }

    /// Sends, waiting for room when the server reads slowly.
    private func send(
        _ session: ProbeSession, _ connection: AsyncConnection,
        _ body: @Sendable (isolated AsyncConnection) throws(SendFailure) -> Void
    ) async throws {
        while true {
            do throws(SendFailure) {
                try await body(connection)
                session.noteSent()
                return
            } catch .bufferFull {
                try await connection.drained()
            } catch {
                throw error
            }
        }
    }

    private func exitCode(_ outcome: CloseOutcome, _ session: ProbeSession) -> ExitCode? {
        if session.wasInterrupted { return Code.interrupted }
        // It came with what was expected, or this side left as it was told to.
        if session.hasMetExpectation || session.hasLeft { return nil }
        guard outcome.isClean else { return ExitCode(2) }
        let isOrderly = [.normalClosure, .goingAway, .noStatusReceived].contains(outcome.code)
        return isOrderly || session.hasClosed ? nil : ExitCode(1)
    }

    private func say(_ text: String) {
        if !quiet { StandardError.print(text) }
    }
}
