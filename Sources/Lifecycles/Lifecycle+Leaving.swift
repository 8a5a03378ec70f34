/// Lifecycles about how the peer leaves.
extension Lifecycle {
    /// A message and a complete closing handshake; every server should survive it, and others are compared with it.
    public static let cleanClose = Lifecycle(
        "clean-close", "opens, exchanges a message, completes the closing handshake",
        finds: "memory, sessions and timers that are never dropped", steps: exchange + politeEnd)

    /// The tab was closed, the process killed, the proxy went away.
    public static let fin = Lifecycle(
        "fin", "opens, exchanges a message, closes TCP with no Close frame",
        finds: "descriptors in CLOSE_WAIT, listeners", steps: exchange + [.leaveWithFIN])

    /// A browser leaves a page that is still loading.
    public static let leaveAtOnce = Lifecycle(
        "leave-at-once", "opens and closes TCP at once, with nothing exchanged",
        finds: "sessions of peers that are gone before they are registered", steps: opening + [.leaveWithFIN])

    /// The network broke.
    public static let reset = Lifecycle(
        "reset/open", "opens, exchanges a message, resets TCP", finds: "tasks and buffers",
        steps: exchange + [.leaveWithReset])

    static let resets = [
        reset,
        Lifecycle(
            "reset/mid-message", "opens, sends part of a message, resets TCP", finds: "reassembly buffers",
            steps: opening + [.sendBytes(.cutPayload), .leaveWithReset]),
        Lifecycle(
            "reset/unread", "opens, sends a message, resets TCP with the reply unread", finds: "send buffers, tasks",
            steps: opening + [.sendMessages(1), .awaitUnread, .leaveWithReset]),
    ]

    static let chatting = [
        Lifecycle(
            "chatty/close", "sends five messages and a Close at once, ignores the replies, waits for the end",
            finds: "threads, tasks and queues of messages that nobody takes",
            steps: opening + [.sendMessages(5), .sendClose, .ignoreTarget, .awaitEnd, .leaveWithFIN]),
        Lifecycle(
            "chatty/fin", "sends five messages and closes TCP without reading the replies",
            finds: "threads, tasks and queues of messages that nobody takes",
            steps: opening + [.sendMessages(5), .leaveWithFIN]),
    ]

    /// The peer sends much and reads nothing, and then the network breaks.
    public static let floodReset = Lifecycle(
        "flood-reset", "sends 20 messages of 4 KiB, reads nothing, resets TCP", finds: "tasks that never end, queues",
        steps: opening + [.stopReading, .sendMessages(20, bytes: 4096), .leaveWithReset])

    /// A network comes back, or a deployment disconnects all clients.
    public static let reconnectStorm = Lifecycle(
        "reconnect-storm", "opens many at once, which all close TCP at once", finds: "registries, high-water marks",
        steps: opening + [.rendezvous, .leaveWithFIN])

    /// What a hostile peer broke shows in the connections after it.
    public static let cleanCloseAfterHostile = Lifecycle(
        "clean-close/after-hostile", "as clean-close, after a few connections of every other lifecycle",
        finds: "what an earlier peer broke for all that follow", steps: cleanClose.steps)
}
