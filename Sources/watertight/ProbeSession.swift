import Sockets
import Synchronization
import WebSocketProtocol
import WebSockets

/// What the tasks of one `connect` share.
final class ProbeSession: Sendable {
    let connection: AsyncConnection
    private let state = Mutex(State())

    private struct State {
        var lastTraffic = MonotonicTime.now
        var hasClosed = false
        var wasInterrupted = false
    }

    init(_ connection: AsyncConnection) {
        self.connection = connection
    }

    /// How long nothing has been sent or received.
    var silence: Duration { state.withLock { $0.lastTraffic.elapsed } }

    /// Whether this side began the closing handshake.
    var hasClosed: Bool { state.withLock { $0.hasClosed } }

    var wasInterrupted: Bool { state.withLock { $0.wasInterrupted } }

    func noteArrival() {
        state.withLock { $0.lastTraffic = .now }
    }

    func close(_ code: CloseCode, reason: String) async {
        if await connection.outcome == nil { state.withLock { $0.hasClosed = true } }
        await connection.close(code, reason: reason)
    }

    /// Begins to close; false when that was asked for before.
    func interrupt() -> Bool {
        let isFirst = state.withLock { state in
            defer { state.wasInterrupted = true }
            return !state.wasInterrupted
        }
        if isFirst { Task { await close(.goingAway, reason: "") } }
        return isFirst
    }
}
