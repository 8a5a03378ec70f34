import Sockets
import WebSocketProtocol

/// The messages of a `ConnectionUnderTest` that await their echoes, in the order sent.
///
/// Confined to the connection's loop.
final class EchoLedger: ConnectionHandler, @unchecked Sendable {
    typealias Echoed = Result<Void, EchoFailure>

    private var awaited: [Awaited] = []
    private var closeWaiters: [UnsafeContinuation<CloseOutcome, Never>] = []
    private(set) var outcome: CloseOutcome?
    private(set) var echoesValidated = 0
    private(set) var unexpectedMessages = 0
    private(set) var lastFailure: EchoFailure?

    /// One message; it keeps its place after a time-out, so that a late echo does not count for the next one.
    private final class Awaited {
        let message: Message
        var continuation: UnsafeContinuation<Echoed, Never>?
        var timer: Timer?

        init(_ message: Message, _ continuation: UnsafeContinuation<Echoed, Never>) {
            self.message = message
            self.continuation = continuation
        }
    }

    /// Messages whose echoes may be outstanding at a time, including those that timed out.
    static let maximumAwaited = 1024

    /// Sends `message` and resumes `continuation` with the outcome of its echo.
    func send(
        _ message: Message, on connection: Connection, within limit: Duration,
        _ continuation: UnsafeContinuation<Echoed, Never>
    ) {
        let entry = Awaited(message, continuation)
        if let outcome { return finish(entry, .failure(.connectionEnded(outcome))) }
        guard awaited.count < Self.maximumAwaited else { return finish(entry, .failure(.notSent(.bufferFull))) }
        // Before it is sent: sending may end the connection, which concerns this message as well.
        awaited.append(entry)
        entry.timer = Timer(on: connection.loop, after: limit) { [unowned self, unowned entry] in
            self.finish(entry, .failure(.echoTimedOut(limit)))
        }
        switch message.withUnsafeBytes({ connection.send(message.kind, $0.bytes) }) {
        case .accepted: return
        case .bufferFull: refuse(entry, .bufferFull)
        case .closed: refuse(entry, .closed)
        }
    }

    private func refuse(_ entry: Awaited, _ failure: SendFailure) {
        awaited.removeAll { $0 === entry }
        finish(entry, .failure(.notSent(failure)))
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        guard !awaited.isEmpty else {
            unexpectedMessages += 1
            lastFailure = .unexpectedMessage(Message(kind, bytes))
            return
        }
        let entry = awaited.removeFirst()
        let isSame = kind == entry.message.kind && entry.message.equals(bytes)
        finish(
            entry,
            isSame ? .success(()) : .failure(.echoMismatch(expected: entry.message, received: Message(kind, bytes))))
    }

    /// No effect on one that has timed out.
    private func finish(_ entry: Awaited, _ echoed: Echoed) {
        entry.timer?.cancel()
        entry.timer = nil
        guard let continuation = entry.continuation.take() else { return }
        switch echoed {
        case .success: echoesValidated += 1
        case .failure(let failure): lastFailure = failure
        }
        continuation.resume(returning: echoed)
    }

    func closed(_ connection: Connection, _ outcome: CloseOutcome) {
        self.outcome = outcome
        let unanswered = awaited
        awaited = []
        for entry in unanswered { finish(entry, .failure(.connectionEnded(outcome))) }
        let waiters = closeWaiters
        closeWaiters = []
        for waiter in waiters { waiter.resume(returning: outcome) }
    }

    /// Resumes `continuation` once the connection has ended.
    func addCloseWaiter(_ continuation: UnsafeContinuation<CloseOutcome, Never>) {
        if let outcome { continuation.resume(returning: outcome) } else { closeWaiters.append(continuation) }
    }
}

extension Message {
    /// Whether the payload is `other`, byte for byte.
    fileprivate func equals(_ other: RawSpan) -> Bool {
        withUnsafeBytes { own in other.withUnsafeBytes { own.elementsEqual($0) } }
    }
}
