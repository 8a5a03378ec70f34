import SystemCalls
import WebSocketProtocol
import WebSockets

/// What the tasks of one `connect` share.
final class ProbeSession: Sendable {
    private let state = Locked(State())

    private struct State {
        var connection: AsyncConnection?
        var lastTraffic = MonotonicTime.now
        var isPrinting = false
        var hasClosed = false
        var hasLeft = false
        var hasMetExpectation = false
        var wasInterrupted = false
    }

    /// The connection is open.
    func begin(_ connection: AsyncConnection) {
        state.withLock { state in
            state.connection = connection
            state.lastTraffic = .now
        }
    }

    /// How long nothing has been sent or received; none while a message waits for the reader of our output, because more
    /// may wait behind it.
    var silence: Duration { state.withLock { $0.isPrinting ? .zero : $0.lastTraffic.elapsed } }

    /// Whether this side began the closing handshake.
    var hasClosed: Bool { state.withLock { $0.hasClosed } }

    /// Whether this side left without a closing handshake, as it was told to.
    var hasLeft: Bool { state.withLock { $0.hasLeft } }

    /// Whether the message came that was expected.
    var hasMetExpectation: Bool { state.withLock { $0.hasMetExpectation } }

    var wasInterrupted: Bool { state.withLock { $0.wasInterrupted } }

    func noteSent() {
        state.withLock { $0.lastTraffic = .now }
    }

    /// Prints a message that has arrived, which takes as long as the reader of our output likes.
    func print(_ text: String) {
        state.withLock { $0.isPrinting = true }
        StandardOutput.print(text)
        state.withLock { state in
            state.isPrinting = false
            state.lastTraffic = .now
        }
    }

    /// The message has come that was expected.
    func meetExpectation() { state.withLock { $0.hasMetExpectation = true } }

    /// Leaves without a closing handshake.
    func leave(_ how: @Sendable (isolated AsyncConnection) -> Void) async {
        guard let connection = state.withLock({ $0.connection }) else { return }
        state.withLock { $0.hasLeft = true }
        await how(connection)
    }

    func close(_ code: CloseCode, reason: String) async {
        guard let connection = state.withLock({ $0.connection }) else { return }
        if await connection.outcome == nil { state.withLock { $0.hasClosed = true } }
        await connection.close(code, reason: reason)
    }

    /// Begins to close an open connection.
    func interrupt() {
        state.withLock { $0.wasInterrupted = true }
        // Whoever left, or vanished, has no closing handshake.
        Task { hasLeft ? await leave { $0.closeNow() } : await close(.goingAway, reason: "") }
    }
}
