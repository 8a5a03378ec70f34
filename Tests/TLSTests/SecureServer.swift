import Glibc
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

@testable import TLS

/// A server and clients that trust it, over real sockets.
struct SecureServer {
    let server: WebSocketServer
    let outcomes: Locked<[CloseOutcome]>
    let client: ClientConfiguration
    /// The server's own loop; nil before its first connection opens.
    let loop: Locked<EventLoop?>

    static func with(
        _ latest: TLSContext.Version = .tls13, configure: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (SecureServer) async throws -> Void
    ) async throws {
        let identity = try TLSIdentity.selfSigned()
        var configuration = ServerConfiguration.patient
        configuration.encryption = try TLSContext.server(identity, latest: latest)
        configuration.limits.messages = Self.messages
        configure(&configuration)
        let outcomes = Locked<[CloseOutcome]>([])
        configuration.connectionEnds = { _, outcome in outcomes.withLock { $0.append(outcome) } }
        let loop = Locked<EventLoop?>(nil)
        let server = try await WebSocketServer.serve(configuration) { connection, _ in
            loop.withLock { $0 = connection.loop }
            while let message = await connection.receive() {
                do throws(SendFailure) {
                    try connection.send(message)
                } catch {
                    try await connection.drained()
                    try connection.send(message)
                }
            }
        }
        var client = ClientConfiguration()
        client.encryption = try TLSContext.client(trusting: identity)
        client.limits.makePatient()
        client.limits.messages = Self.messages
        do {
            try await body(SecureServer(server: server, outcomes: outcomes, client: client, loop: loop))
        } catch {
            await server.shutdownNow()
            throw error
        }
        await server.shutdownNow()
    }

    /// What `body` says of the only connection, on its loop; nil while it is not open.
    func ofConnection<Value: Sendable>(_ body: @escaping @Sendable (Connection) -> Value) async -> Value? {
        guard let loop = loop.withLock({ $0 }) else { return nil }
        return await loop.run { loop.channels.lazy.compactMap { $0 as? Connection }.first.map(body) }
    }

    /// Of both sides: tests send large messages.
    private static let messages = MessageLimits(maximumFrameBytes: 1 << 24, maximumMessageBytes: 1 << 24)
}
