import Glibc
import Logging
import Sockets
import WebSocketProtocol
import WebSockets

/// The async face of the library as a peer of the Autobahn cases: `conformance-peer server`, or
/// `conformance-peer client HOST:PORT`, which drives itself through every case that the fuzzing server has.
@main
enum ConformancePeer {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "server": try await serve()
        case "client" where arguments.count == 2:
            let address = arguments.last!
            // On the loop, as a server's tasks are: a reply then precedes whatever the next frame brings about.
            try await Task(executorPreference: EventLoop.shared) { try await drive(address) }.value
        default:
            print("usage: conformance-peer server | conformance-peer client HOST:PORT")
            exit(64)
        }
    }

    /// The cases send messages of up to 16 MiB, and a little around it.
    private static var limits: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.messages = MessageLimits(maximumFrameBytes: 64 << 20, maximumMessageBytes: 64 << 20)
        return limits
    }

    /// Every message compressed, whatever its size: some cases send small ones only.
    private static var compression: DeflateOptions {
        var options = DeflateOptions.contextTakeover
        options.minimumBytes = 0
        return options
    }

    private static func serve() async throws {
        var configuration = ServerConfiguration()
        configuration.limits = limits
        configuration.compression = compression
        let server = try await WebSocketServer.serve(
            configuration, logger: Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() }
        ) { connection, _ in
            try await echo(on: connection)
        }
        print("conformance peer listening on \(server.url)")
        fflush(nil)
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private static func drive(_ address: String) async throws {
        let count = try await single(from: "ws://\(address)/getCaseCount").flatMap(Int.init) ?? 0
        var configuration = ClientConfiguration()
        configuration.limits = limits
        configuration.compression = compression
        // Some cases reset our context after each message, which the fuzzing server does only when the offer says so.
        configuration.compression?.localContextTakeover = false
        // Several at a time, so that this end works while the other one thinks.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in stride(from: 1, through: count, by: 1) {
                if number > casesAtATime { try await group.next() }
                group.addTask(executorPreference: EventLoop.shared) { [configuration] in
                    try await run(case: number, of: address, configuration)
                }
            }
            try await group.waitForAll()
        }
        _ = try await single(from: "ws://\(address)/updateReports?agent=watertight")
        print("\(count) cases driven")
    }

    private static let casesAtATime = 4

    private static func run(case number: Int, of address: String, _ configuration: ClientConfiguration) async throws {
        let connection = try await WebSocketClient.connect(
            to: "ws://\(address)/runCase?case=\(number)&agent=watertight", configuration)
        do {
            try await echo(on: connection)
        } catch {
            // The case has closed the connection under our hands, as many do.
        }
        _ = try await connection.closed()
    }

    /// The one message that a URL of the fuzzing server answers with.
    private static func single(from url: String) async throws -> String? {
        let connection = try await WebSocketClient.connect(to: url)
        let message = await connection.receive()
        _ = try await connection.closed()
        return message?.text
    }

    private static func echo(on connection: isolated AsyncConnection) async throws {
        while let message = await connection.receive() {
            while true {
                do throws(SendFailure) {
                    try connection.send(message)
                    break
                } catch .bufferFull {
                    try await connection.drained()
                }
            }
        }
    }
}
