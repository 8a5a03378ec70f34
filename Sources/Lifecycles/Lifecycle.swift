/// One way in which a connection lives and ends, as a script for the peer.
public struct Lifecycle: Hashable, Sendable, CustomStringConvertible {
    /// The name in arguments, reports and JSON: `fin`; for one variant of several, `reset/unread`.
    public let name: String
    /// What the peer does, in one line.
    public let summary: String
    /// What usually leaks, in one line.
    public let finds: String
    /// What the peer does once TCP is connected, in order.
    public let steps: [Step]
    /// Whether the peer offers permessage-deflate (RFC 7692), insists on it, and compresses its messages.
    public private(set) var isCompressed = false
    /// The size of the peer's receive buffer in bytes (`SO_RCVBUF`); nil leaves it to the kernel.
    let receiveBufferBytes: Int32?

    init(
        _ name: String, _ summary: String, finds: String, receiveBufferBytes: Int32? = nil, steps: [Step]
    ) {
        self.name = name
        self.summary = summary
        self.finds = finds
        self.receiveBufferBytes = receiveBufferBytes
        self.steps = steps
    }

    /// The name without the variant.
    public var family: String { name.split(separator: "/").first.map(String.init) ?? name }

    /// The name as one row among others carries it, compression included: `fin`, `fin+deflate`.
    public var label: String { isCompressed ? "\(name)+deflate" : name }

    /// The label.
    public var description: String { label }

    /// The same lifecycle with permessage-deflate; nil for one in which nothing could be agreed upon.
    public var compressed: Lifecycle? {
        guard steps.contains(.sendRequest), !expectsRefusal else { return nil }
        var compressed = self
        compressed.isCompressed = true
        return compressed
    }

    /// Whether the peer stays for a while of its own, so that many at a time are needed for a good rate.
    public var holds: Bool { steps.contains { $0 == .hold || $0 == .rendezvous || $0 == .trickleRequest } }

    /// Whether the target may rightly let the connection take place otherwise, by accepting what is meant to be refused.
    public var expectsRefusal: Bool { steps.contains(.awaitRefusal) }

    /// Whether the target must act before the peer can end, which keeps the peer from running ahead of it.
    var waitsForTarget: Bool { steps.contains(where: \.isWait) }
}

extension Lifecycle {
    /// One act of the peer, or one wait for the target.
    public enum Step: Hashable, Sendable, CustomStringConvertible {
        /// Sends the opening handshake's request.
        case sendRequest
        /// Sends a request that the target has reason to refuse.
        case sendFaultyRequest(RequestFault)
        /// Sends the first half of the request.
        case sendHalfRequest
        /// Sends the request a byte at a time, until the hold limit or the target ends it.
        case trickleRequest
        /// Waits for a valid 101.
        case awaitUpgrade
        /// Waits for an answer that is not 101, or for the end of the stream.
        case awaitRefusal
        /// Waits until something has arrived, and leaves it unread.
        case awaitUnread
        /// Sends so many messages; of so many bytes, or the script's own.
        case sendMessages(Int, bytes: Int? = nil)
        /// Waits for so many messages, if the target is known to answer.
        case awaitReplies(Int)
        /// Sends so many Pings.
        case sendPings(Int)
        /// Waits for the Pong to the last Ping.
        case awaitPong
        /// Sends bytes that are no whole frame, or none that is allowed.
        case sendBytes(FramePiece)
        /// Makes the target close: sends the script's closing message, or else a frame that it must refuse.
        case provokeClose
        /// Reads from now on, but neither looks at it nor answers.
        case ignoreTarget
        /// Reads no more.
        case stopReading
        /// Sends a Close frame with 1000.
        case sendClose
        /// Waits for the target's Close frame.
        case awaitClose
        /// Waits for the end of the stream, as a client does after the closing handshake.
        case awaitEnd
        /// Stays until the hold limit, or until the target ends the stream.
        case hold
        /// Waits until every peer of the drive has come this far.
        case rendezvous
        /// Closes TCP: a FIN, or a reset where unread bytes are left.
        case leaveWithFIN
        /// Resets TCP.
        case leaveWithReset

        /// Whether it lasts until the target acts.
        var isWait: Bool {
            switch self {
            case .awaitUpgrade, .awaitRefusal, .awaitUnread, .awaitReplies, .awaitPong, .awaitClose, .awaitEnd: true
            default: false
            }
        }

        /// The step in words, for a report of what went wrong.
        public var description: String {
            switch self {
            case .awaitUpgrade: "waiting for the answer to the upgrade"
            case .awaitRefusal: "waiting for the refusal"
            case .awaitUnread: "waiting for anything to arrive"
            case .awaitReplies(let count): count == 1 ? "waiting for a reply" : "waiting for \(count) replies"
            case .awaitPong: "waiting for the Pong"
            case .awaitClose: "waiting for the Close frame"
            case .awaitEnd: "waiting for the end of the stream"
            case .hold, .rendezvous: "holding the connection open"
            default: "sending"
            }
        }
    }
}
