/// One way for a connection to live and end, as a script for the peer.
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
    /// The text of a user's script, as it was read; nil for a lifecycle of the catalogue.
    public private(set) var source: String?

    /// Reads a user's script, which is called `name`, such as its file.
    ///
    /// - Throws: `ScriptMistake` for the first mistake in it.
    public init(name: String, script: String) throws(ScriptMistake) {
        var parser = ScriptParser(script)
        let (header, steps) = try parser.lifecycle()
        self.init(name, header, steps)
        source = script
    }

    /// The lifecycle of steps that were put together by a program, as if their script had been read.
    ///
    /// - Throws: `ScriptMistake` where no script could have these steps.
    package init(name: String, steps: [Step]) throws(ScriptMistake) {
        try self.init(name: name, script: Self.script(of: steps))
    }

    /// The script of `steps`, a line each.
    package static func script(of steps: [Step]) -> String { ScriptPrinter.render(steps) }

    /// The lifecycle that a part of the catalogue describes.
    init(_ name: String, _ header: ScriptParser.Header, _ steps: [Step]) {
        self.name = name
        summary = header.summary ?? "a script of the user's"
        finds = header.finds ?? "what it was written for"
        receiveBufferBytes = header.receiveBufferBytes
        self.steps = steps
    }

    /// The steps on the peer's own connection: all but its requests over HTTP and what is made of their answers.
    public var stepsOnConnection: [Step] { Array(steps[steps.beforeConnection.endIndex...]) }

    /// The name without the variant.
    public var family: String { name.split(separator: "/").first.map(String.init) ?? name }

    /// The name of its row, compression included: `fin`, `fin+deflate`.
    public var label: String { isCompressed ? "\(name)+deflate" : name }

    /// The label.
    public var description: String { label }

    /// The same lifecycle with permessage-deflate; nil for one in which nothing could be negotiated, or that is about TLS.
    public var compressed: Lifecycle? {
        guard steps.contains(where: \.isRequest), !expectsRefusal, !needsTLS else { return nil }
        var compressed = self
        compressed.isCompressed = true
        return compressed
    }

    /// Whether the peer stays for a while, so that a good rate needs many at a time.
    public var staysConnected: Bool { steps.contains { $0.isStay || $0 == .rendezvous } }

    /// Whether its peers stay after they have told the target that the connection is over: with close_notify (RFC 8446,
    /// section 6.1), or with a closing handshake, after which the target closes TCP (RFC 6455, section 7.1.1). A target lets go
    /// of such a peer while it stays.
    public var mustBeReleased: Bool {
        guard let stay = steps.firstIndex(of: .hold) else { return false }
        let before = steps[..<stay]
        return before.contains(.tls(.closeNotify)) || before.contains(where: \.isClose) && before.contains(.awaitClose)
    }

    /// Whether its peers stay before the target has upgraded them.
    public var staysBeforeUpgrade: Bool {
        guard let stay = steps.firstIndex(where: \.isStay) else { return false }
        return !steps[..<stay].contains(.awaitUpgrade)
    }

    /// Whether the lifecycle is about a refusal; a target may rightly accept such a request.
    public var expectsRefusal: Bool { steps.contains(.awaitRefusal) }

    /// The index of the step from which the lifecycle has taken place for the target.
    ///
    /// By then the peer is upgraded, and has sent its first message, Ping or piece of a frame if it sends any. From
    /// there on the target may end the connection in its own way. A message that the peer waits for by its text must have
    /// come as well. Nil if the point lies before the upgrade: then the
    /// target ends it as the steps say, or the connection does not count.
    public var point: Int? {
        guard let upgrade = steps.firstIndex(of: .awaitUpgrade) else { return nil }
        let first = steps.firstIndex(where: \.sendsToApplication) ?? upgrade
        return max(first, steps.lastIndex(where: \.isExpectation) ?? first) + 1
    }

    /// Whether the target must act before the peer can end, so that the peer cannot run ahead of it.
    var waitsForTarget: Bool { steps.contains(where: \.isWait) }
}
