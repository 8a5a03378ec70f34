extension Lifecycle {
    /// Every lifecycle, in the order in which a check drives them: the most common first.
    public static let all: [Lifecycle] =
        [cleanClose, bareTCP, fin] + resets + [leaveAtOnce, vanishHandshake] + vanishing + stallingHandshakes
        + rejections + [refused] + chatting + [floodReset] + staying + cutting + violations
        + [closeUnanswered, serverClose, reconnectStorm, pingFlood, messageTraffic, cleanCloseAfterHostile]

    private static let staying = [vanishOpen, vanishSilently, idlePong, idleNoPong, slowReader]

    /// The lifecycles that a check drives by default: all but `refused`, which needs a URL that the application
    /// refuses.
    public static let standard = all.filter { $0 != .refused }

    /// The few that found most of the reported leaks, for a short check.
    public static let quick: [Lifecycle] = [
        cleanClose, bareTCP, fin, reset, leaveAtOnce, vanishHandshake, floodReset, closeUnanswered,
    ]

    /// The lifecycle of that name, or every variant of the family of that name; empty if there is none.
    public static func named(_ name: String) -> [Lifecycle] {
        let one = all.filter { $0.name == name }
        return one.isEmpty ? all.filter { $0.family == name } : one
    }

    /// The lifecycle for a label in a record or a file, `fin` or `fin+deflate`; nil if there is none.
    ///
    /// Labels of earlier versions keep their meaning: `vanish-open` is one lifecycle here, not a family.
    public static func labeled(_ label: String) -> Lifecycle? {
        let suffix = "+deflate"
        let isCompressed = label.hasSuffix(suffix)
        let name = isCompressed ? String(label.dropLast(suffix.count)) : label
        let current = formerNames[name] ?? name
        return all.first { $0.name == current }.flatMap { isCompressed ? $0.compressed : $0 }
    }

    /// Names of earlier versions, and what they have become.
    private static let formerNames = ["vanish-open": "vanish-open/reset"]

    static let opening: [Step] = [.sendRequest, .awaitUpgrade]
    static let exchange: [Step] = opening + [.sendMessages(1), .awaitReplies(1)]
    static let politeEnd: [Step] = [.sendClose, .awaitClose, .awaitEnd, .leaveWithFIN]
}
