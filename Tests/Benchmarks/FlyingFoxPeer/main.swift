// A server on FlyingFox that echoes or sends every message to all: `flyingfox-peer echo|broadcast PORT`.
import FlyingFox
import FlyingSocks
import Synchronization

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

final class Broadcast: WSMessageHandler {
    private typealias Members = [Int: AsyncStream<WSMessage>.Continuation]
    private let state = Mutex((members: Members(), last: 0))

    func makeMessages(for client: AsyncStream<WSMessage>) async throws -> AsyncStream<WSMessage> {
        AsyncStream { continuation in
            let number = state.withLock { state in
                state.last += 1
                state.members[state.last] = continuation
                return state.last
            }
            let task = Task {
                for await message in client {
                    for member in state.withLock({ Array($0.members.values) }) { member.yield(message) }
                }
                continuation.finish()
            }
            continuation.onTermination = { [self] _ in
                task.cancel()
                state.withLock { _ = $0.members.removeValue(forKey: number) }
            }
        }
    }
}

guard CommandLine.arguments.count == 3, let port = UInt16(CommandLine.arguments[2]) else {
    fatalError("usage: flyingfox-peer echo|broadcast PORT")
}
let handler: any WSMessageHandler = CommandLine.arguments[1] == "broadcast" ? Broadcast() : Echo()
let server = try HTTPServer(address: .inet(ip4: "127.0.0.1", port: port), logger: .disabled)
await server.appendRoute("GET /", to: .webSocket(handler))
try await server.run()
