extension Lifecycle {
    /// Every lifecycle, in the order in which a check drives them: the most common first.
    public static let all: [Lifecycle] = {
        do throws(ScriptMistake) {
            return try catalogue(String(decoding: PackageResources.catalogue_lifecycles, as: UTF8.self))
        } catch {
            preconditionFailure("catalogue.lifecycles:\(error)")
        }
    }()

    /// Those that take place with and without TLS.
    public static let plain = all.filter { !$0.needsTLS }

    /// The lifecycles that a check drives by default: all but `refused`, which needs a URL that the application
    /// refuses, and on a `wss` target those about TLS as well.
    public static func standard(isSecure: Bool) -> [Lifecycle] {
        (isSecure ? all : plain).filter { $0 != .refused }
    }

    /// The few that found most of the reported leaks, for a short check.
    public static func quick(isSecure: Bool) -> [Lifecycle] {
        [cleanClose, bareTCP, fin, reset, leaveAtOnce, vanishHandshake, floodReset, closeUnanswered]
            + (isSecure ? [halfHello, distrust, closeNotifyUnanswered] : [])
    }

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

    /// Reads a catalogue: scripts, each behind a line `lifecycle NAME`.
    static func catalogue(_ text: String) throws(ScriptMistake) -> [Lifecycle] {
        var all: [Lifecycle] = []
        for (name, text, line) in sections(text, named: "lifecycle") {
            var parser = ScriptParser(text, firstLine: line)
            let (header, steps) = try parser.lifecycle()
            all.append(Lifecycle(name, header, steps))
        }
        return all
    }
}

/// Those that are asked for by themselves.
extension Lifecycle {
    private static func known(_ name: String) -> Lifecycle {
        guard let lifecycle = all.first(where: { $0.name == name }) else {
            preconditionFailure("catalogue.lifecycles has no \(name)")
        }
        return lifecycle
    }

    /// A message and a complete closing handshake; every server should survive it, and others are compared with it.
    public static let cleanClose = known("clean-close")
    /// A load balancer's health check.
    public static let bareTCP = known("bare-tcp")
    /// The tab was closed, the process killed, the proxy went away.
    public static let fin = known("fin")
    /// The network broke.
    public static let reset = known("reset/open")
    /// A browser leaves a page that is still loading.
    public static let leaveAtOnce = known("leave-at-once")
    /// The user left while the page was loading.
    public static let vanishHandshake = known("vanish-handshake/request")
    /// A peer that sends nothing.
    public static let stallHandshake = known("stall-handshake/silent")
    /// A valid request that the application refuses; an answer other than 101 completes it.
    public static let refused = known("refused")
    /// The peer is gone, and the network reports it after a while.
    public static let vanishOpen = known("vanish-open/reset")
    /// The peer is gone, and nothing reports it: the target must detect it by itself.
    public static let vanishSilently = known("vanish-open/silent")
    /// A quiet peer that is alive.
    public static let idlePong = known("idle/pong")
    /// A quiet peer that may be gone.
    public static let idleNoPong = known("idle/no-pong")
    /// The target sends the peer more than it takes.
    public static let slowReader = known("slow-reader")
    /// The peer sends much and reads nothing, and then the network breaks.
    public static let floodReset = known("flood-reset")
    /// The target closes, and the peer does not answer.
    public static let closeUnanswered = known("close-unanswered")
    /// A network comes back, or a deployment disconnects all clients.
    public static let reconnectStorm = known("reconnect-storm")
    /// A health check or a scanner that gives up in the middle of a TLS handshake.
    public static let halfHello = known("tls-hello/half")
    /// A client that does not know the authority of the target's certificate.
    public static let distrust = known("tls-refuse/distrust")
    /// A client that waits for the target to close TCP, and answers no close_notify.
    public static let closeNotifyUnanswered = known("tls-unanswered/hold")
    /// What a hostile peer broke shows in the connections after it.
    public static let cleanCloseAfterHostile = known("clean-close/after-hostile")
}
