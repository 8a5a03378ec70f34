/// What a peer that waits for certain messages knows of those that came.
final class Dialogue {
    /// Messages that came and that no step has had, oldest first.
    private var waiting: [[UInt8]] = []
    private var waitingBytes = 0
    /// The message that was expected last; before the connection, the body of the answer that came last.
    private(set) var expected: [UInt8] = []
    /// The latest that came; nil before the first.
    private(set) var latest: [UInt8]?
    /// What was captured, by name.
    var captured: [String: String] = [:]

    /// As many messages and bytes as wait for a step; beyond that the oldest are dropped.
    private static let (mostMessages, mostBytes) = (1000, 1 << 20)

    /// A message has come.
    func add(_ message: [UInt8]) {
        latest = message
        waiting.append(message)
        waitingBytes += message.count
        while waiting.count > Self.mostMessages || waitingBytes > Self.mostBytes {
            waitingBytes -= waiting.removeFirst().count
        }
    }

    /// The answer to a request over HTTP has come, with this body.
    func answer(_ body: [UInt8]) { expected = body }

    /// Takes the first message that `matches`, and drops those before it; false if none does, and then all are dropped.
    func take(_ matches: ([UInt8]) -> Bool) -> Bool {
        let found = waiting.firstIndex(where: matches)
        if let found { expected = waiting[found] }
        for dropped in waiting[..<(found.map { $0 + 1 } ?? waiting.endIndex)] { waitingBytes -= dropped.count }
        waiting.removeFirst(found.map { $0 + 1 } ?? waiting.count)
        return found != nil
    }
}
