/// Lifecycles that end before the upgrade.
extension Lifecycle {
    /// A load balancer's health check.
    public static let bareTCP = Lifecycle(
        "bare-tcp", "connects, sends nothing, closes: a load balancer's health check",
        finds: "descriptors in CLOSE_WAIT", steps: [.leaveWithFIN])

    /// The user left while the page was loading.
    public static let vanishHandshake = Lifecycle(
        "vanish-handshake/request", "sends the opening handshake's request and closes without reading the answer",
        finds: "sessions and descriptors registered before the state that frees them exists",
        steps: [.sendRequest, .leaveWithFIN])

    static let vanishing = [
        Lifecycle(
            "vanish-handshake/mid-request", "sends half of the request and closes",
            finds: "descriptors and parsers of requests that never came whole",
            steps: [.sendHalfRequest, .leaveWithFIN]),
        Lifecycle(
            "vanish-handshake/unread", "resets TCP once the answer to the request has arrived, without reading it",
            finds: "sessions of connections whose first write fails",
            steps: [.sendRequest, .awaitUnread, .leaveWithReset]),
    ]

    /// A peer that sends nothing.
    public static let stallHandshake = Lifecycle(
        "stall-handshake/silent", "connects, sends nothing for a while, closes",
        finds: "descriptors and timers of handshakes that do not come", steps: [.hold, .leaveWithFIN])

    static let stallingHandshakes = [
        stallHandshake,
        Lifecycle(
            "stall-handshake/trickle", "sends the request a byte at a time, closes before its end",
            finds: "descriptors and buffers of handshakes that do not end", steps: [.trickleRequest, .leaveWithFIN]),
    ]

    static func rejection(_ variant: String, _ what: String, _ fault: RequestFault) -> Lifecycle {
        Lifecycle(
            "reject/\(variant)", "sends a request \(what), reads the refusal, closes",
            finds: "sessions and descriptors of upgrades that fail",
            steps: [.sendFaultyRequest(fault), .awaitRefusal, .leaveWithFIN])
    }

    static let rejections = [
        rejection("key", "with a bad Sec-WebSocket-Key", .key),
        rejection("version", "with an unknown Sec-WebSocket-Version", .version),
        rejection("path", "for a path that does not exist", .path),
        rejection("origin", "from a foreign Origin", .origin),
        rejection("no-upgrade", "without Upgrade", .noUpgrade),
        rejection("headers", "with 128 KiB of header fields", .oversizedFields),
    ]

    /// A valid request that the application refuses; an answer other than 101 completes it.
    public static let refused = Lifecycle(
        "refused", "sends a valid request that the application refuses (401, 403, 404), reads the refusal, closes",
        finds: "the request's environment, sessions", steps: [.sendRequest, .awaitRefusal, .leaveWithFIN])
}
