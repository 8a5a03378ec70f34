import LeakReports
import Logging
import SystemCalls
import WebSocketProtocol
import WebSockets

/// Shows a run on a page of this machine while it goes on, on a thread of its own.
final class LiveServer<State: LiveState>: Sendable {
    private let state: Locked<State>
    private let server: WebSocketServer
    private let viewers: LiveViewers<State>

    private init(_ state: Locked<State>, _ server: WebSocketServer, _ viewers: LiveViewers<State>) {
        self.state = state
        self.server = server
        self.viewers = viewers
    }

    /// Viewers at a time; a page without its socket counts for a moment.
    private static var mostViewers: Int { 16 }
    /// Time for viewers to answer the closing handshake.
    private static var endLimit: Duration { .seconds(1) }

    /// Listens on a port of loopback, 0 being a free one, and says on stderr where; throws `Code.unreachable` where it cannot.
    static func start(_ state: State, on port: UInt16) async throws -> LiveServer {
        let access = LiveAccess()
        let state = Locked(state)
        let viewers = LiveViewers(state)
        var configuration = ServerConfiguration()
        configuration.port = port
        configuration.maximumConnections = mostViewers
        configuration.compression = nil
        // A viewer says nothing.
        configuration.limits.messages = MessageLimits(maximumFrameBytes: 1024, maximumMessageBytes: 1024)
        configuration.httpResponse = {
            access.response(to: $0) { LivePage.document(of: State.self, nonce: $0) }
        }
        configuration.refusal = { access.refusal(of: $0) }
        let logger = Logger(label: "watertight.live") { StreamLogHandler.standardError(label: $0) }
        do {
            let server = try await WebSocketServer.start(configuration, logger: logger) { _ in viewers }
            StandardError.print("live: http://\(server.address)\(access.path)")
            return LiveServer(state, server, viewers)
        } catch {
            StandardError.print("watertight: --live: cannot listen on 127.0.0.1:\(port): \(error)")
            throw Code.unreachable
        }
    }

    /// Folds something into what is shown; returns at once.
    func update(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
    }

    /// Shows the last state to all viewers, then stops listening.
    func end() async {
        await viewers.flush()
        await server.shutdown(within: Self.endLimit)
    }
}
