extension Lifecycle {
    /// Every lifecycle, in the order in which a check drives them: the most usual first.
    public static let all: [Lifecycle] =
        [cleanClose, bareTCP, fin] + resets + [vanishHandshake] + vanishing + stallingHandshakes + rejections
        + [refused] + chatting + [floodReset, vanishOpen] + idling + [slowReader] + cutting + violations
        + [closeUnanswered, serverClose, reconnectStorm, pingFlood, messageTraffic, cleanCloseAfterHostile]

    /// Those that a check drives when none are named: all but `refused`, which needs a URL that the application refuses.
    public static let defaultMatrix = all.filter { $0 != .refused }

    /// The few that found most of the reported leaks, for a check that must be short.
    public static let quickMatrix: [Lifecycle] = [cleanClose, bareTCP, fin, reset, vanishHandshake, closeUnanswered]

    /// The lifecycle of that name, or every variant of the family of that name; empty where there is none.
    public static func named(_ name: String) -> [Lifecycle] {
        let one = all.filter { $0.name == name }
        return one.isEmpty ? all.filter { $0.family == name } : one
    }

    private static let opening: [Step] = [.sendRequest, .awaitUpgrade]
    private static let exchange: [Step] = opening + [.sendMessages(1), .awaitReplies(1)]
    private static let politeEnd: [Step] = [.sendClose, .awaitClose, .awaitEnd, .leaveWithFIN]

    /// A message and a complete closing handshake; what every server should survive, and what others compare with.
    public static let cleanClose = Lifecycle(
        "clean-close", "opens, exchanges a message, completes the closing handshake",
        finds: "memory, sessions and timers that are never dropped", steps: exchange + politeEnd)

    /// A load balancer's health check.
    public static let bareTCP = Lifecycle(
        "bare-tcp", "connects, sends nothing, closes: a load balancer's health check",
        finds: "descriptors in CLOSE_WAIT", steps: [.leaveWithFIN])

    /// The tab was closed, the process killed, the proxy went away.
    public static let fin = Lifecycle(
        "fin", "opens, exchanges a message, closes TCP with no Close frame",
        finds: "descriptors in CLOSE_WAIT, listeners", steps: exchange + [.leaveWithFIN])

    /// The network broke.
    public static let reset = Lifecycle(
        "reset/open", "opens, exchanges a message, resets TCP", finds: "tasks and buffers",
        steps: exchange + [.leaveWithReset])

    private static let resets = [
        reset,
        Lifecycle(
            "reset/mid-message", "opens, sends part of a message, resets TCP", finds: "reassembly buffers",
            steps: opening + [.sendBytes(.cutPayload), .leaveWithReset]),
        Lifecycle(
            "reset/unread", "opens, sends a message, resets TCP with the reply unread", finds: "send buffers, tasks",
            steps: opening + [.sendMessages(1), .awaitUnread, .leaveWithReset]),
    ]

    /// The user left while the page was loading.
    public static let vanishHandshake = Lifecycle(
        "vanish-handshake/request", "sends the opening handshake's request and closes without reading the answer",
        finds: "sessions and descriptors registered before the state that frees them exists",
        steps: [.sendRequest, .leaveWithFIN])

    private static let vanishing = [
        Lifecycle(
            "vanish-handshake/mid-request", "sends half of the request and closes",
            finds: "descriptors and parsers of requests that never came whole",
            steps: [.sendHalfRequest, .leaveWithFIN]),
        Lifecycle(
            "vanish-handshake/unread", "resets TCP once the answer to the request has arrived, without reading it",
            finds: "sessions of connections whose first write fails",
            steps: [.sendRequest, .awaitUnread, .leaveWithReset]),
    ]

    private static let stallingHandshakes = [
        Lifecycle(
            "stall-handshake/silent", "connects, sends nothing for a while, closes",
            finds: "descriptors and timers of handshakes that do not come", steps: [.hold, .leaveWithFIN]),
        Lifecycle(
            "stall-handshake/trickle", "sends the request a byte at a time, closes before its end",
            finds: "descriptors and buffers of handshakes that do not end", steps: [.trickleRequest, .leaveWithFIN]),
    ]

    private static func rejection(_ variant: String, _ what: String, _ fault: RequestFault) -> Lifecycle {
        Lifecycle(
            "reject/\(variant)", "sends a request \(what), reads the refusal, closes",
            finds: "sessions and descriptors of upgrades that fail",
            steps: [.sendFaultyRequest(fault), .awaitRefusal, .leaveWithFIN])
    }

    private static let rejections = [
        rejection("key", "with a bad Sec-WebSocket-Key", .key),
        rejection("version", "with an unknown Sec-WebSocket-Version", .version),
        rejection("path", "for a path that does not exist", .path),
        rejection("origin", "from a foreign Origin", .origin),
        rejection("no-upgrade", "without Upgrade", .noUpgrade),
        rejection("headers", "with 128 KiB of header fields", .oversizedFields),
    ]

    /// A valid request that the application refuses; not-101 is then the completion.
    public static let refused = Lifecycle(
        "refused", "sends a valid request that the application refuses (401, 403, 404), reads the refusal, closes",
        finds: "the request's environment, sessions", steps: [.sendRequest, .awaitRefusal, .leaveWithFIN])

    private static let chatting = [
        Lifecycle(
            "chatty/close", "sends five messages and a Close at once, ignores the replies, waits for the end",
            finds: "threads, tasks and queues of messages that nobody takes",
            steps: opening + [.sendMessages(5), .sendClose, .ignoreTarget, .awaitEnd, .leaveWithFIN]),
        Lifecycle(
            "chatty/fin", "sends five messages and closes TCP without reading the replies",
            finds: "threads, tasks and queues of messages that nobody takes",
            steps: opening + [.sendMessages(5), .leaveWithFIN]),
    ]

    /// Much is sent, nothing read, and then the network breaks.
    public static let floodReset = Lifecycle(
        "flood-reset", "sends 20 messages of 4 KiB, reads nothing, resets TCP", finds: "tasks that never end, queues",
        steps: opening + [.stopReading, .sendMessages(20, bytes: 4096), .leaveWithReset])

    /// The peer is gone, and nothing says so.
    public static let vanishOpen = Lifecycle(
        "vanish-open", "opens, neither reads nor sends for a while, resets TCP",
        finds: "descriptors and sessions of peers that have vanished",
        steps: opening + [.stopReading, .hold, .leaveWithReset])

    private static let idling = [
        Lifecycle(
            "idle/pong", "opens, sends nothing for a while but answers Pings, closes politely",
            finds: "timers and sessions on the keep-alive path", steps: opening + [.hold] + politeEnd),
        Lifecycle(
            "idle/no-pong", "opens, sends nothing for a while, not even Pongs, closes TCP",
            finds: "timers and sessions on the expiry path", steps: opening + [.ignoreTarget, .hold, .leaveWithFIN]),
    ]

    /// More is sent to the peer than it takes.
    public static let slowReader = Lifecycle(
        "slow-reader", "makes the target send 256 KiB through a receive buffer of 4 KiB, reads nothing, resets TCP",
        finds: "send buffers", receiveBufferBytes: 4096,
        steps: opening + [.stopReading, .sendMessages(16, bytes: 16_384), .hold, .leaveWithReset])

    private static let cutting = [
        Lifecycle(
            "mid-frame/header", "opens, sends half of a frame's header, closes TCP", finds: "reassembly buffers",
            steps: opening + [.sendBytes(.cutHeader), .leaveWithFIN]),
        Lifecycle(
            "mid-frame/payload", "opens, sends a quarter of a frame of 64 KiB, closes TCP",
            finds: "reassembly buffers", steps: opening + [.sendBytes(.cutPayload), .leaveWithFIN]),
        Lifecycle(
            "mid-frame/fragments", "opens, sends two fragments of a message that never ends, closes TCP",
            finds: "reassembly buffers", steps: opening + [.sendBytes(.unfinishedFragments), .leaveWithFIN]),
        Lifecycle(
            "mid-frame/stall", "opens, sends a quarter of a frame of 64 KiB, stalls, resets TCP",
            finds: "reassembly buffers, timers", steps: opening + [.sendBytes(.cutPayload), .hold, .leaveWithReset]),
    ]

    private static func violation(_ variant: String, _ what: String, _ piece: FramePiece) -> Lifecycle {
        Lifecycle(
            "protocol-error/\(variant)", "opens, sends \(what), ignores the answer, closes TCP",
            finds: "buffers and descriptors of connections that fail",
            steps: opening + [.ignoreTarget, .sendBytes(piece), .hold, .leaveWithFIN])
    }

    private static let violations = [
        violation("reserved-bit", "a frame with a reserved bit", .reservedBit),
        violation("unmasked", "a frame that is not masked", .unmasked),
        violation("utf8", "text that is not UTF-8", .invalidText),
        violation("oversize", "the header of a frame of 2^62 bytes", .oversize),
    ]

    /// The target closes, and nobody answers.
    public static let closeUnanswered = Lifecycle(
        "close-unanswered", "makes the target close, never answers its Close, closes TCP after a while",
        finds: "descriptors whose close timer was never armed",
        steps: exchange + [.ignoreTarget, .provokeClose, .hold, .leaveWithFIN])

    /// The target closes, and the peer answers properly.
    public static let serverClose = Lifecycle(
        "server-close", "makes the target close, answers its Close, waits for the end", finds: "sessions, timers",
        steps: exchange + [.provokeClose, .awaitClose, .awaitEnd, .leaveWithFIN])

    /// A network comes back, or a deployment sends everybody away.
    public static let reconnectStorm = Lifecycle(
        "reconnect-storm", "opens many at once, which all close TCP at once", finds: "registries, high-water marks",
        steps: opening + [.rendezvous, .leaveWithFIN])

    /// Control frames without end.
    public static let pingFlood = Lifecycle(
        "ping-flood", "sends 100 Pings, waits for the last Pong, closes politely", finds: "growth per control frame",
        steps: opening + [.sendPings(100), .awaitPong] + politeEnd)

    /// Growth per message, not per connection.
    public static let messageTraffic = Lifecycle(
        "message-traffic", "exchanges 100 messages, closes politely", finds: "histories: growth per message",
        steps: opening + [.sendMessages(100), .awaitReplies(100)] + politeEnd)

    /// What a hostile peer broke shows in those that come after it.
    public static let cleanCloseAfterHostile = Lifecycle(
        "clean-close/after-hostile", "as clean-close, after a few connections of every other lifecycle",
        finds: "what an earlier peer broke for all that follow", steps: cleanClose.steps)
}
