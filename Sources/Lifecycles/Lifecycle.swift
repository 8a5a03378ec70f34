/// One way in which a connection lives and ends, as a script for the peer.
public struct Lifecycle: Hashable, Sendable, CustomStringConvertible {
    /// The name in arguments, reports and JSON.
    public let name: String
    /// What the peer does, in one line.
    public let summary: String
    /// What usually leaks, in one line.
    public let finds: String
    /// What the peer does once TCP is connected, in order.
    public let steps: [Step]
    /// Whether the peer offers permessage-deflate (RFC 7692), insists on it, and compresses its messages.
    public private(set) var isCompressed = false

    init(name: String, summary: String, finds: String, steps: [Step]) {
        self.name = name
        self.summary = summary
        self.finds = finds
        self.steps = steps
    }

    /// One act of the peer, or one wait for the target.
    public enum Step: String, Hashable, Sendable {
        /// Sends the opening handshake's request.
        case sendRequest
        /// Waits for a valid 101.
        case awaitUpgrade
        /// Sends a text message.
        case sendMessage
        /// Waits for a message, if the target is known to answer.
        case awaitReply
        /// Sends a Close frame with 1000.
        case sendClose
        /// Waits for the target's Close frame.
        case awaitClose
        /// Waits for the end of the stream, as a client does after the closing handshake.
        case awaitEnd
        /// Closes TCP: a FIN, or a reset where unread bytes are left.
        case leaveWithFIN
        /// Resets TCP.
        case leaveWithReset
    }

    /// The name as one row among others carries it, compression included: `fin`, `fin+deflate`.
    public var label: String { isCompressed ? "\(name)+deflate" : name }

    /// The label.
    public var description: String { label }

    /// The same lifecycle with permessage-deflate; nil for one that offers nothing.
    public var compressed: Lifecycle? {
        guard steps.contains(.sendRequest) else { return nil }
        var compressed = self
        compressed.isCompressed = true
        return compressed
    }

    /// Whether the target must act before the peer can end, which keeps the peer from running ahead of it.
    var waitsForTarget: Bool {
        steps.contains { [.awaitUpgrade, .awaitReply, .awaitClose, .awaitEnd].contains($0) }
    }
}

extension Lifecycle {
    /// Every lifecycle, in the order in which a check drives them.
    public static let all: [Lifecycle] = [.cleanClose, .bareTCP, .fin, .reset, .vanishHandshake]

    /// The lifecycle of that name.
    public static func named(_ name: String) -> Lifecycle? {
        all.first { $0.name == name }
    }

    /// A message and a complete closing handshake; what every server should survive, and what others compare with.
    public static let cleanClose = Lifecycle(
        name: "clean-close", summary: "opens, exchanges a message, completes the closing handshake",
        finds: "memory, sessions and timers that are never dropped",
        steps: [
            .sendRequest, .awaitUpgrade, .sendMessage, .awaitReply, .sendClose, .awaitClose, .awaitEnd, .leaveWithFIN,
        ])

    /// A load balancer's health check.
    public static let bareTCP = Lifecycle(
        name: "bare-tcp", summary: "connects, sends nothing, closes: a load balancer's health check",
        finds: "descriptors in CLOSE_WAIT", steps: [.leaveWithFIN])

    /// The tab was closed, the process killed, the proxy went away.
    public static let fin = Lifecycle(
        name: "fin", summary: "opens, exchanges a message, closes TCP with no Close frame",
        finds: "descriptors in CLOSE_WAIT, listeners",
        steps: [.sendRequest, .awaitUpgrade, .sendMessage, .awaitReply, .leaveWithFIN])

    /// The network broke.
    public static let reset = Lifecycle(
        name: "reset", summary: "opens, exchanges a message, resets TCP", finds: "tasks and buffers",
        steps: [.sendRequest, .awaitUpgrade, .sendMessage, .awaitReply, .leaveWithReset])

    /// The user left while the page was loading.
    public static let vanishHandshake = Lifecycle(
        name: "vanish-handshake",
        summary: "sends the opening handshake's request and closes without reading the answer",
        finds: "sessions and descriptors registered before the state that frees them exists",
        steps: [.sendRequest, .leaveWithFIN])
}
