import WebSocketProtocol

/// What has arrived for an async connection and has not been received yet: bounded, and confined to the loop.
///
/// It goes on taking control frames and the peer's end while nobody receives, until it is full; then the connection
/// pauses and the peer is held back.
final class Mailbox: ConnectionHandler, @unchecked Sendable {
    private var messages: [Message] = []
    private var next = 0
    private var heldBytes = 0
    private var receiver: UnsafeContinuation<Void, Never>?
    private var drainWaiters: [UnsafeContinuation<Void, Never>] = []
    private var closeWaiters: [UnsafeContinuation<Void, Never>] = []
    private var pongWaiters: [(payload: [UInt8], continuation: UnsafeContinuation<Bool, Never>)] = []
    private(set) var outcome: CloseOutcome?

    /// What is kept for a receiver that is elsewhere before the peer is held back.
    static let maximumMessages = 64
    static let maximumBytes = 256 * 1024

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        messages.append(Message(kind, bytes))
        heldBytes += bytes.byteCount
        if messages.count - next >= Self.maximumMessages || heldBytes >= Self.maximumBytes { connection.pause() }
        receiver.take()?.resume()
    }

    /// A Pong answers the Ping with its bytes and, by implication, those before it (RFC 6455, section 5.5.3).
    func receivedPong(_ bytes: RawSpan, on connection: Connection) {
        let payload = bytes.withUnsafeBytes { Array($0) }
        guard let index = pongWaiters.firstIndex(where: { $0.payload == payload }) else { return }
        let answered = pongWaiters[...index]
        pongWaiters.removeFirst(index + 1)
        for waiter in answered { waiter.continuation.resume(returning: true) }
    }

    func writable(_ connection: Connection) {
        resumeDrainWaiters()
    }

    func closed(_ connection: Connection, _ outcome: CloseOutcome) {
        self.outcome = outcome
        receiver.take()?.resume()
        resumeDrainWaiters()
        let waiters = closeWaiters
        closeWaiters = []
        for waiter in waiters { waiter.resume() }
        let unanswered = pongWaiters
        pongWaiters = []
        for waiter in unanswered { waiter.continuation.resume(returning: false) }
    }

    /// The next message, if one is here; lets the peer go on when that made room.
    func take(from connection: Connection) -> Message? {
        guard next < messages.count else { return nil }
        let message = messages[next]
        next += 1
        heldBytes -= message.count
        if next == messages.count {
            messages.removeAll(keepingCapacity: next <= Self.maximumMessages)
            next = 0
            if connection.isPaused { connection.resume() }
        }
        return message
    }

    var isReceiving: Bool { receiver != nil }

    func setReceiver(_ continuation: UnsafeContinuation<Void, Never>) {
        receiver = continuation
    }

    func addDrainWaiter(_ continuation: UnsafeContinuation<Void, Never>) {
        drainWaiters.append(continuation)
    }

    func addCloseWaiter(_ continuation: UnsafeContinuation<Void, Never>) {
        closeWaiters.append(continuation)
    }

    func addPongWaiter(_ payload: [UInt8], _ continuation: UnsafeContinuation<Bool, Never>) {
        pongWaiters.append((payload, continuation))
    }

    private func resumeDrainWaiters() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.resume() }
    }
}
