/// Pings whose Pongs are waited for, in the order in which they were sent.
///
/// One that is cancelled keeps its place, so that its Pong is not taken for that of a later Ping with the same bytes.
struct PongWaiters {
    typealias Continuation = UnsafeContinuation<Result<Bool, SendFailure>, Never>

    private struct Sent {
        let payload: [UInt8]
        let ticket: Mailbox.Ticket
        var continuation: Continuation?
    }

    /// Places that are kept for Pings that nobody waits for any more; a peer may answer none.
    static let mostCancelled = 64

    private var sent: [Sent] = []
    private var cancelled = 0

    mutating func add(_ payload: [UInt8], _ continuation: Continuation, _ ticket: Mailbox.Ticket) {
        sent.append(Sent(payload: payload, ticket: ticket, continuation: continuation))
    }

    /// Who is answered by a Pong: the first with its bytes and, by implication, those before it (RFC 6455, section 5.5.3).
    mutating func answered(by payload: [UInt8]) -> [Continuation] {
        guard let index = sent.firstIndex(where: { $0.payload == payload }) else { return [] }
        return removeFirst(index + 1)
    }

    /// All of them.
    mutating func all() -> [Continuation] { removeFirst(sent.count) }

    /// The one with that ticket, which is waited for no longer.
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

    /// Places that are taken.
    var count: Int { sent.count }

    private mutating func removeFirst(_ count: Int) -> [Continuation] {
        let waiting = sent[..<count].compactMap(\.continuation)
        cancelled -= count - waiting.count
        sent.removeFirst(count)
        return waiting
    }
}
