/// Pings whose Pongs are awaited, in the order sent.
///
/// A cancelled one keeps its place, so that its Pong does not count for a later Ping with the same bytes.
struct PongWaiters {
    typealias Continuation = UnsafeContinuation<Result<Bool, SendFailure>, Never>

    private struct Sent {
        let payload: [UInt8]
        let ticket: Mailbox.Ticket
        var continuation: Continuation?
    }

    /// Places kept for cancelled Pings; a peer may answer none.
    static let mostCancelled = 64

    private var sent: [Sent] = []
    private var cancelled = 0

    mutating func add(_ payload: [UInt8], _ continuation: Continuation, _ ticket: Mailbox.Ticket) {
        sent.append(Sent(payload: payload, ticket: ticket, continuation: continuation))
    }

    /// The waiters that a Pong answers: the first with its bytes and, by implication, those before it (RFC 6455,
    /// section 5.5.3).
    mutating func answered(by payload: [UInt8]) -> [Continuation] {
        guard let index = sent.firstIndex(where: { $0.payload == payload }) else { return [] }
        return removeFirst(index + 1)
    }

    /// All of them.
    mutating func all() -> [Continuation] { removeFirst(sent.count) }

    /// Removes the waiter with that ticket; returns its continuation.
    mutating func cancel(_ ticket: Mailbox.Ticket) -> Continuation? {
        guard let index = sent.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        guard let continuation = sent[index].continuation.take() else { return nil }
        cancelled += 1
        if cancelled > Self.mostCancelled, let oldest = sent.firstIndex(where: { $0.continuation == nil }) {
            sent.remove(at: oldest)
            cancelled -= 1
        }
        return continuation
    }

    /// Occupied places.
    var count: Int { sent.count }

    private mutating func removeFirst(_ count: Int) -> [Continuation] {
        let waiting = sent[..<count].compactMap(\.continuation)
        cancelled -= count - waiting.count
        sent.removeFirst(count)
        return waiting
    }
}
