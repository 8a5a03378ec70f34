extension Lifecycle {
    /// Every lifecycle, in the order in which a check drives them: the most usual first.
    public static let all: [Lifecycle] =
        [cleanClose, bareTCP, fin] + resets + [leaveAtOnce, vanishHandshake] + vanishing + stallingHandshakes
        + rejections + [refused] + chatting + [floodReset] + staying + cutting + violations
        + [closeUnanswered, serverClose, reconnectStorm, pingFlood, messageTraffic, cleanCloseAfterHostile]

    private static let staying = [vanishOpen, vanishSilently, idlePong, idleNoPong, slowReader]

    /// Those that a check drives when none are named: all but `refused`, which needs a URL that the application refuses.
    public static let standard = all.filter { $0 != .refused }

    /// The few that found most of the reported leaks, for a check that must be short.
    public static let quick: [Lifecycle] = [
        cleanClose, bareTCP, fin, reset, leaveAtOnce, vanishHandshake, floodReset, closeUnanswered,
    ]

    /// The lifecycle of that name, or every variant of the family of that name; empty where there is none.
    public static func named(_ name: String) -> [Lifecycle] {
        let one = all.filter { $0.name == name }
        return one.isEmpty ? all.filter { $0.family == name } : one
    }

    /// The lifecycle that a record or a file means by its label, `fin` or `fin+deflate`; nil where there is none.
    ///
    /// Labels of earlier versions mean what they meant then: `vanish-open` is one lifecycle here, not a family.
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
