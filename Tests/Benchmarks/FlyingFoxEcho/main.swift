// An echo server on FlyingFox, `flyingfox-echo PORT`.
import FlyingFox
import FlyingSocks

struct Echo: WSMessageHandler {
    func makeMessages(for client: AsyncStream<WSMessage>) async throws -> AsyncStream<WSMessage> {
        AsyncStream { continuation in
            let task = Task {
                for await message in client { continuation.yield(message) }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
    fatalError("usage: flyingfox-echo PORT")
}
let server = try HTTPServer(address: .inet(ip4: "127.0.0.1", port: port), logger: .disabled)
await server.appendRoute("GET /", to: .webSocket(Echo()))
try await server.run()
