import SystemCalls
import WebSocketProtocol
import WebSockets

/// Finds the path under which a server speaks WebSocket, by asking for the usual ones.
enum PathSearch {
    /// Paths that frameworks and tutorials use, the likeliest first.
    static let usual = [
        "/", "/ws", "/chat", "/websocket", "/socket", "/ws/", "/echo", "/graphql", "/cable",
        "/socket.io/?EIO=4&transport=websocket", "/socket/websocket",
    ]

    /// The first path that is upgraded; nil where none is, within about two seconds each.
    static func path(port: UInt16) async -> String? {
        var configuration = ClientConfiguration()
        configuration.limits.connectLimit = .seconds(2)
        configuration.limits.handshakeLimit = .seconds(2)
        for path in usual {
            do {
                let connection = try await WebSocketClient.connect(to: "ws://127.0.0.1:\(port)\(path)", configuration)
                await connection.close(.goingAway, reason: "")
                return path
            } catch ConnectFailure.refused {
                continue
            } catch {
                return nil
            }
        }
        return nil
    }
}
