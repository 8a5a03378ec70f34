/// Lifecycles in which the target has a reason to close.
extension Lifecycle {
    static let cutting = [
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

    static func violation(_ variant: String, _ what: String, _ piece: FramePiece) -> Lifecycle {
        Lifecycle(
            "protocol-error/\(variant)", "opens, sends \(what), ignores the answer, closes TCP",
            finds: "buffers and descriptors of connections that fail",
            steps: opening + [.ignoreTarget, .sendBytes(piece), .hold, .leaveWithFIN])
    }

    static let violations = [
        violation("reserved-bit", "a frame with a reserved bit", .reservedBit),
        violation("unmasked", "a frame that is not masked", .unmasked),
        violation("utf8", "text that is not UTF-8", .invalidText),
        violation("oversize", "the header of a frame of 2^62 bytes", .oversize),
    ]

    /// The target closes, and the peer does not answer.
    public static let closeUnanswered = Lifecycle(
        "close-unanswered", "makes the target close, never answers its Close, closes TCP after a while",
        finds: "descriptors whose close timer was never armed",
        steps: exchange + [.ignoreTarget, .provokeClose, .hold, .leaveWithFIN])

    /// The target closes, and the peer answers properly.
    public static let serverClose = Lifecycle(
        "server-close", "makes the target close, answers its Close, waits for the end", finds: "sessions, timers",
        steps: exchange + [.provokeClose, .awaitClose, .awaitEnd, .leaveWithFIN])
}
