public import Logging
import Sockets
import WebSocketProtocol

extension WebSocketServer {
    /// Binds, listens and serves each connection with a task that runs on the event loop.
    ///
    /// `body` is isolated to its connection: `send` does not suspend, `receive` does so without leaving the thread. The
    /// connection is closed with 1000 when `body` returns and with 1011 if it throws; when the connection ends, its
    /// task is cancelled. Throws like `start`.
    public static func serve(
        _ configuration: ServerConfiguration = ServerConfiguration(),
        logger: Logger = Logger(label: "watertight.server"),
        _ body: @escaping @Sendable (_ connection: isolated AsyncConnection, _ upgrade: Upgrade) async throws -> Void
    ) async throws -> WebSocketServer {
        try await start(configuration, logger: logger) { upgrade in
            TaskHandler(upgrade, body)
        }
    }
}

/// Runs one task for one connection.
private final class TaskHandler: ConnectionHandler, @unchecked Sendable {
    typealias Body = @Sendable (isolated AsyncConnection, Upgrade) async throws -> Void

    private let upgrade: Upgrade
    private let body: Body
    private let mailbox = Mailbox()

    init(_ upgrade: Upgrade, _ body: @escaping Body) {
        self.upgrade = upgrade
        self.body = body
    }

    func opened(_ connection: Connection) {
        let face = AsyncConnection(connection, mailbox: mailbox, subprotocol: upgrade.subprotocol)
        let task = Task(executorPreference: connection.loop) { [upgrade, body] in
            await face.run(upgrade, body)
        }
        mailbox.ended = { task.cancel() }
        connection.handler = mailbox
        mailbox.opened(connection)
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        preconditionFailure("from its opening on the connection belongs to the mailbox")
    }
}

extension AsyncConnection {
    fileprivate func run(_ upgrade: Upgrade, _ body: TaskHandler.Body) async {
        mailbox.servingTask = Mailbox.currentTask
        defer { mailbox.servingTask = 0 }
        do {
            try await body(self, upgrade)
            await close()
        } catch {
            await close(.internalError)
        }
    }
}
