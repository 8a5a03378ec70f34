// An echo server on the async API, `async-echo PORT`: what `watertight serve` is for the callbacks.
import Glibc
import Logging
import WebSockets

guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
    print("usage: async-echo PORT")
    exit(64)
}
// The main thread waits for the signal: valgrind does not survive the way in which Dispatch parks it.
var signals = sigset_t()
sigemptyset(&signals)
sigaddset(&signals, SIGINT)
sigaddset(&signals, SIGTERM)
pthread_sigmask(SIG_BLOCK, &signals, nil)

Task.detached {
    var configuration = ServerConfiguration()
    configuration.port = port
    configuration.maximumConnections = 20_000
    let logger = Logger(label: "async-echo") { _ in SwiftLogNoOpLogHandler() }
    do {
        let server = try await WebSocketServer.serve(configuration, logger: logger) { connection, _ in
            while let message = await connection.receive() { try connection.send(message) }
        }
        print("async-echo listening on \(server.url)")
        fflush(nil)
        try await Task.sleep(for: .seconds(86_400))
        await server.shutdownNow()
    } catch {
        print("async-echo: \(error)")
        exit(69)
    }
}
var number: Int32 = 0
sigwait(&signals, &number)
exit(0)
