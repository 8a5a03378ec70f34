import LeakReports
import Sockets
import SystemCalls
import WebSocketProtocol
import WebSockets

/// Sends each viewer what has changed, on the loop of the page's server.
///
/// A viewer who has not read the last message gets no other until then, and then what is by that time: nothing is queued.
final class LiveViewers<State: LiveState>: ConnectionHandler, @unchecked Sendable {
    private let state: Locked<State>
    /// Confined to the loop, as is what follows.
    private var messages = LiveMessages()
    private var viewers: [ObjectIdentifier: Viewer] = [:]
    private var timer: Timer?
    private var due = MonotonicTime.now
    private let loop = Locked<EventLoop?>(nil)

    private struct Viewer {
        var connection: Connection
        /// The last change that it was sent.
        var revision = 0
    }

    init(_ state: Locked<State>) {
        self.state = state
    }

    /// How often changes are sent.
    private static var interval: Duration { .milliseconds(250) }
    /// The page rests for so many times as long as it took to draw, so that no more than a hundredth of a processor goes
    /// into it, however much there is to draw.
    private static var restFactor: Double { 100 }

    private static var mostFlushes: Int { 20 }
    private static var flushInterval: Duration { .milliseconds(50) }

    func opened(_ connection: Connection) {
        loop.withLock { $0 = connection.loop }
        viewers[ObjectIdentifier(connection)] = Viewer(connection: connection)
        guard timer == nil else { return }
        timer = Timer(on: connection.loop, after: Self.interval, every: Self.interval) { [weak self] in
            self?.sendIfDue()
        }
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {}

    func closed(_ connection: Connection, _ outcome: CloseOutcome) {
        viewers[ObjectIdentifier(connection)] = nil
        guard viewers.isEmpty else { return }
        timer?.cancel()
        timer = nil
    }

    /// Sends all viewers what they lack, whatever it costs; waits a moment for those who have yet to read the last message.
    func flush() async {
        guard let loop = loop.withLock({ $0 }) else { return }
        for _ in 0..<Self.mostFlushes {
            let isShown = await loop.run { self.send() }
            if isShown { return }
            await loop.sleep(for: Self.flushInterval)
        }
    }

    private func sendIfDue() {
        guard due <= .now else { return }
        let began = MonotonicTime.now
        send()
        due = .now + began.elapsed * Self.restFactor
    }

    /// Sends those who can take it what they lack; whether nobody lacks anything.
    @discardableResult
    private func send() -> Bool {
        let state = state.withLock { $0 }
        let revision = state.changes.revision
        // Most of them lack the same.
        var texts: [Int: FramedMessage] = [:]
        for (key, viewer) in viewers where viewer.revision < revision && viewer.connection.bufferedBytes == 0 {
            if texts[viewer.revision] == nil {
                texts[viewer.revision] = messages.message(of: state, since: viewer.revision).map { FramedMessage($0) }
            }
            guard let text = texts[viewer.revision], viewer.connection.send(text) == .accepted else { continue }
            viewers[key]?.revision = revision
        }
        return viewers.values.allSatisfy { $0.revision == revision }
    }
}
