import Logging
import Sockets
import SystemCalls
import WebSocketProtocol

/// The part of a server that lives on its loop.
final class ServerCore: ConnectionOwner, @unchecked Sendable {
    let configuration: ServerConfiguration
    let makeHandler: @Sendable (Upgrade) -> any ConnectionHandler
    let logger: Logger
    private var acceptors: [Acceptor] = []
    private var connectionCount = 0
    private var isShuttingDown = false
    /// Of `connectionCount`, those that are only told that there is no room.
    private var refusedCount = 0
    private var waitingForEnd: [() -> Void] = []
    private var shutdownTimer: Timer?

    /// Connections beyond the maximum that are taken only to be told so.
    private static let refusedAtATime = 64

    init(
        configuration: ServerConfiguration, logger: Logger,
        makeHandler: @escaping @Sendable (Upgrade) -> any ConnectionHandler
    ) {
        self.configuration = configuration
        self.logger = logger
        self.makeHandler = makeHandler
    }

    /// Connections now, those in their handshake included.
    var count: Int { connectionCount }

    var isOverCapacity: Bool { connectionCount - refusedCount > configuration.maximumConnections }
    var hasRoom: Bool { connectionCount < configuration.maximumConnections + Self.refusedAtATime }

    func refusedForRoom() {
        refusedCount += 1
    }

    func listen(with descriptor: consuming OwnedDescriptor, on loop: EventLoop) throws(SystemCallError) {
        let acceptor = Acceptor(loop: loop, server: self)
        try acceptor.register(descriptor, for: .readable)
        acceptors.append(acceptor)
    }

    func accepted(_ descriptor: consuming OwnedDescriptor, on loop: EventLoop) {
        let connection = Connection(
            loop: loop, role: .server, limits: configuration.limits, opening: ServerOpening(server: self), owner: self)
        do throws(SystemCallError) {
            try connection.begin(with: descriptor)
            connectionCount += 1
        } catch {
            logger.warning("cannot serve a connection: \(error)")
        }
    }

    func connectionEnds(_ connection: Connection, _ outcome: CloseOutcome) {
        configuration.connectionEnds?(connection, outcome)
        switch outcome.cause {
        case .limit, .protocolFailure: logger.info("connection ended: \(outcome)")
        default: logger.debug("connection ended: \(outcome)")
        }
        connectionCount -= 1
        if let opening = connection.opening as? ServerOpening, opening.isRefusedForRoom { refusedCount -= 1 }
        for acceptor in acceptors { acceptor.connectionEnded() }
        if connectionCount == 0 && isShuttingDown { reachedEnd() }
    }

    /// Stops listening and closes every connection with 1001; `ended` is called when the last is gone or the limit has
    /// passed, after which the rest is closed hard.
    func shutDown(within limit: Duration, on loop: EventLoop, _ ended: @escaping () -> Void) {
        isShuttingDown = true
        stopListening()
        waitingForEnd.append(ended)
        for connection in connections(on: loop) { connection.close(.goingAway, reason: "the server is shutting down") }
        guard connectionCount > 0 else { return reachedEnd() }
        shutdownTimer = Timer(on: loop, after: limit) { [self] in
            let left = connections(on: loop)
            if !left.isEmpty { logger.notice("\(left.count) connections did not end within the shutdown limit") }
            for connection in left { connection.closeNow() }
        }
    }

    /// Stops listening and closes every connection hard.
    func shutDownNow(on loop: EventLoop) {
        isShuttingDown = true
        stopListening()
        for connection in connections(on: loop) { connection.closeNow() }
        reachedEnd()
    }

    private func stopListening() {
        for acceptor in acceptors { acceptor.closeDescriptor() }
        acceptors = []
    }

    private func connections(on loop: EventLoop) -> [Connection] {
        loop.channels.compactMap { $0 as? Connection }.filter { $0.owner === self }
    }

    private func reachedEnd() {
        shutdownTimer?.cancel()
        shutdownTimer = nil
        let waiting = waitingForEnd
        waitingForEnd = []
        for ended in waiting { ended() }
    }
}
