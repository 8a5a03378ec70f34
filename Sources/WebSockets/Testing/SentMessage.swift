public import SystemCalls

/// A message that a `ConnectionUnderTest` has sent.
public struct SentMessage: Sendable {
    /// The connection's `id`.
    public let connectionID: Int
    /// What was sent.
    public let payload: Message
    /// When it was given to the connection.
    public let time: MonotonicTime
}

/// The last messages that were sent, bounded in number and bytes.
struct SentHistory {
    private(set) var messages: [SentMessage] = []
    private var bytes = 0

    static let maximumMessages = 1000
    static let maximumBytes = 1 << 20

    mutating func append(_ message: SentMessage) {
        messages.append(message)
        bytes += message.payload.count
        var excess = 0
        while messages.count - excess > Self.maximumMessages || bytes > Self.maximumBytes {
            bytes -= messages[excess].payload.count
            excess += 1
        }
        messages.removeFirst(excess)
    }
}
