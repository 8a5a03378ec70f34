/// Lifecycles of peers that stay for a while, or that send much.
extension Lifecycle {
    /// The peer is gone, and the network reports it after a while.
    public static let vanishOpen = Lifecycle(
        "vanish-open/reset", "opens, neither reads nor sends for a while, resets TCP",
        finds: "descriptors and sessions of peers that have vanished",
        steps: opening + [.stopReading, .hold, .leaveWithReset])

    /// The peer is gone, and nothing reports it: the target must detect it by itself.
    public static let vanishSilently = Lifecycle(
        "vanish-open/silent", "opens, neither reads, sends nor ends for a while, whatever the target does",
        finds: "descriptors and sessions of peers that no heartbeat or idle limit ends",
        steps: opening + [.stopReading, .stay, .leaveWithReset])

    /// A quiet peer that is alive.
    public static let idlePong = Lifecycle(
        "idle/pong", "opens, sends nothing for a while but answers Pings, closes politely",
        finds: "timers and sessions on the keep-alive path", steps: opening + [.hold] + politeEnd)

    /// A quiet peer that may be gone.
    public static let idleNoPong = Lifecycle(
        "idle/no-pong", "opens, sends nothing for a while, not even Pongs, closes TCP",
        finds: "timers and sessions on the expiry path", steps: opening + [.ignoreTarget, .hold, .leaveWithFIN])

    /// The target sends the peer more than it takes.
    public static let slowReader = Lifecycle(
        "slow-reader", "makes the target send 256 KiB through a receive buffer of 4 KiB, reads nothing, resets TCP",
        finds: "send buffers", receiveBufferBytes: 4096,
        steps: opening + [.stopReading, .sendMessages(16, bytes: 16_384), .hold, .leaveWithReset])

    /// Control frames without end.
    public static let pingFlood = Lifecycle(
        "ping-flood", "sends 100 Pings, waits for the last Pong, closes politely", finds: "growth per control frame",
        steps: opening + [.sendPings(100), .awaitPong] + politeEnd)

    /// Growth per message, not per connection.
    public static let messageTraffic = Lifecycle(
        "message-traffic", "exchanges 100 messages, closes politely", finds: "histories: growth per message",
        steps: opening + [.sendMessages(100), .awaitReplies(100)] + politeEnd)
}
