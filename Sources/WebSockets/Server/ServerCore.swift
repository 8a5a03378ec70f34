import Logging
import Sockets
import SystemCalls
import WebSocketProtocol

/// The part of a server that lives on one of its loops.
final class ServerCore: ConnectionOwner, @unchecked Sendable {
    @exclusivity(unchecked) private(set) var configuration: ServerConfiguration
    @exclusivity(unchecked) private(set) var makeHandler: @Sendable (Upgrade) -> any ConnectionHandler
    let logger: Logger
    @exclusivity(unchecked) private var acceptors: [Acceptor] = []
    /// Connections of this loop now, those in their handshake included.
    @exclusivity(unchecked) private(set) var count = 0
    /// What is shared with the other loops.
    private let occupancy: ServerOccupancy
    @exclusivity(unchecked) private var isShuttingDown = false
    @exclusivity(unchecked) private var unopened = UnopenedConnections()
    private let limitLog: LimitLog
    let managers: ServerManagers?
    private let limits: SharedLimits
    private var waitingForEnd: [() -> Void] = []
    private var shutdownTimer: Timer?

    /// Connections accepted beyond the maximum: to refuse them properly, or because there may be room by the time their
    /// opening handshake is complete.
    private static let unopenedBeyondMaximum = 64
    /// How long a connection has for its opening handshake while others wait for its place.
    private static let grace = Duration.seconds(1)

    init(
        configuration: ServerConfiguration, occupancy: ServerOccupancy, managers: ServerManagers?, logger: Logger,
        makeHandler: @escaping @Sendable (Upgrade) -> any ConnectionHandler
    ) {
        self.configuration = configuration
        limits = SharedLimits(configuration.limits)
        self.occupancy = occupancy
        self.managers = managers
        self.logger = logger
        self.makeHandler = makeHandler
        limitLog = LimitLog(logger: logger)
    }

    // MARK: Room

    /// Whether another connection may be accepted, if necessary by evicting one that makes no progress.
    func makesRoomToAccept() -> Bool {
        occupancy.connectionCount - Self.unopenedBeyondMaximum < configuration.maximumConnections
            || giveUpOldest(because: .connections)
    }

    /// Whether another connection may be open.
    var hasRoom: Bool { occupancy.openCount < configuration.maximumConnections }

    /// Evicts the connection that has been longest without completing its opening handshake, once its grace is over.
    func giveUpOldest(because limit: LimitName) -> Bool {
        guard let oldest = unopened.oldest, let connection = oldest.connection,
            oldest.begun + Self.grace <= connection.loop.turnStart
        else { return false }
        connection.evict(because: limit)
        return true
    }

    /// Counts a connection as open; false if another loop has taken the last place.
    func opens(_ opening: ServerOpening) -> Bool {
        guard occupancy.takePlace(of: configuration.maximumConnections) else { return false }
        unopened.remove(opening)
        return true
    }

    /// If all together hold too much, ends the connection of this loop that holds most.
    func heldBytesChanged(by change: Int, of connection: Connection) {
        let held = occupancy.addBuffered(change)
        guard change > 0, held > configuration.maximumBufferedBytes else { return }
        connections(on: connection.loop).max { $0.accountedBytes < $1.accountedBytes }?.evictForMemory()
    }

    // MARK: Connections

    func listen(with descriptor: consuming OwnedDescriptor, on loop: EventLoop) throws(SystemCallError) {
        let acceptor = Acceptor(loop: loop, server: self)
        try acceptor.register(descriptor, for: .readable)
        acceptors.append(acceptor)
    }

    func accepted(_ descriptor: consuming OwnedDescriptor, on loop: EventLoop) {
        let opening = ServerOpening(server: self, begun: loop.turnStart)
        var faults = configuration.faults
        faults?.ordinal &+= occupancy.nextOrdinal()
        let connection = Connection(
            loop: loop, role: .server, limits: limits, opening: opening, owner: self, faults: faults)
        opening.connection = connection
        do {
            connection.encryption = try configuration.encryption?.makeEncryption(serverName: nil, on: loop)
            try connection.begin(with: descriptor)
            count += 1
            occupancy.connectionBegan()
            unopened.append(opening)
        } catch {
            logger.warning("cannot serve a connection: \(error)")
        }
    }

    func note(_ limit: LimitName, on loop: EventLoop) {
        limitLog.note(limit, on: loop)
    }

    func connectionEnds(_ connection: Connection, _ outcome: CloseOutcome) {
        configuration.connectionEnds?(connection, outcome)
        if let limit = outcome.limit {
            limitLog.note(limit, on: connection.loop)
            logger.debug("connection ended: \(outcome)", metadata: ["limit": "\(limit.rawValue)"])
        } else {
            logger.debug("connection ended: \(outcome)")
        }
        count -= 1
        occupancy.connectionEnded()
        if let opening = connection.opening as? ServerOpening {
            unopened.remove(opening)
        } else {
            occupancy.leavePlace()
        }
        for acceptor in acceptors { acceptor.connectionEnded() }
        if count == 0 && isShuttingDown { reachedEnd() }
    }

    /// Stops listening and closes every connection with 1001; aborts the rest after `limit`. Calls `ended` once the
    /// last is gone.
    func shutDown(within limit: Duration, on loop: EventLoop, _ ended: @escaping () -> Void) {
        isShuttingDown = true
        stopListening()
        waitingForEnd.append(ended)
        for connection in connections(on: loop) { connection.close(.goingAway, reason: "the server is shutting down") }
        guard count > 0 else { return reachedEnd() }
        shutdownTimer = Timer(on: loop, after: limit) { [self] in
            let left = connections(on: loop)
            if !left.isEmpty { logger.notice("\(left.count) connections did not end within the shutdown limit") }
            for connection in left { connection.closeNow() }
        }
    }

    /// Stops listening and aborts every connection.
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
        limitLog.end()
        // The application's closures may refer to the server, which would then retain itself for ever.
        configuration = ServerConfiguration()
        makeHandler = { _ in SinkHandler() }
        shutdownTimer?.cancel()
        shutdownTimer = nil
        let waiting = waitingForEnd
        waitingForEnd = []
        for ended in waiting { ended() }
    }
}
