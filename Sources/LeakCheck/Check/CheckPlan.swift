public import Lifecycles
public import ProcessResources
import SystemCalls
public import Targets
import WebSocketProtocol

/// What to check and how.
public struct CheckPlan: Sendable {
    /// Where the target is, and how to read it.
    public enum Subject: Sendable {
        /// A command to start, `{port}` replaced by a free port; each lifecycle gets a process of its own.
        case command([String])
        /// A server that runs: these processes and their descendants. Empty: whoever listens on the URL's port.
        case running(pids: [Int32])
        /// A server that runs in a control group, such as a container's.
        case group(ControlGroup)
    }

    /// Whether the peers offer permessage-deflate (RFC 7692).
    public enum Compression: String, Sendable, CaseIterable {
        /// Every lifecycle without.
        case off
        /// Every lifecycle with it, but for those that offer nothing.
        case on
        /// Every lifecycle without, and with it where the target agrees.
        case both
    }

    /// How thorough a check is.
    public enum Profile: String, Sendable, CaseIterable {
        /// The lifecycles behind most of the reported leaks, for a check that must be short.
        case quick
        /// Every lifecycle.
        case `default`
        /// Every lifecycle, with compression as well, for hours.
        case soak

        /// The lifecycles that are driven when none are named; of a `wss` target those about TLS as well.
        public func lifecycles(isSecure: Bool) -> [Lifecycle] {
            self == .quick ? Lifecycle.quick(isSecure: isSecure) : Lifecycle.standard(isSecure: isSecure)
        }
        /// Time for the whole check; it ends earlier when nothing is in doubt.
        public var budget: Duration {
            switch self {
            case .quick: .seconds(60)
            case .default: .seconds(300)
            case .soak: .seconds(3600)
            }
        }
        /// Whether the peers compress.
        public var compression: Compression { self == .soak ? .both : .off }
    }

    /// The target.
    public var subject: Subject
    /// The URL, in which `{port}` stands for the free port of a command.
    public var url: String
    /// The lifecycles, in this order.
    public var lifecycles: [Lifecycle]
    /// Whether they are driven with compression, without, or both.
    public var compression = Compression.off
    /// Time for the whole check.
    public var budget: Duration = Profile.default.budget
    /// Whether the budget is the user's, which nothing may overrun. If it is not, a suspicion may overrun it by its pause.
    public var isBudgetFixed = false
    /// How long a suspected row's target is left alone before it is called a leak: what it needs to give back what it keeps
    /// for a while. Nil: `ServerTimers.leastPause`, or as long as servers of this kind are known to keep something.
    public var pause: Duration?
    /// How long peers stay in lifecycles that are about peers that stay. Nil: as long as the target's heartbeat needs, where
    /// that is seen and the budget has room.
    public var hold: Duration?
    /// Connections at a time.
    public var concurrency = 16
    /// Seeds the sizes of blocks.
    public var seed: UInt64
    /// What the peers ask for and say.
    public var peers = PeerOptions()
    /// Time for a command to accept connections.
    public var startLimit: Duration = .seconds(30)

    /// The environment in which the check runs, and why it is taken to be this one; for the report.
    public var environment: String?
    /// Growth of memory in one row, in bytes, that is worth a note whatever the verdict is; nil notes none.
    public var memoryGrowthThresholdBytes: Int?

    /// What is read of the target beside its processes; no two of them may read the same resource.
    public var heap: [HeapTemplate] = [.automatic]

    /// When the causes of a leak are looked for.
    public enum Explain: String, Sendable, CaseIterable {
        /// After a leak that is not known, in a process that the check starts.
        case automatic = "auto"
        /// After every leak, also in a server that was running before.
        case always
        /// Not at all.
        case never
    }

    /// When the causes of a leak are looked for.
    public var explain = Explain.automatic

    /// Leaks that are accepted: marked in the result.
    public var knownLeaks: [KnownLeak] = []

    /// Which share of the lifecycles these are, whose verdicts are put together with those of the others; nil for all.
    public var shard: Shard?

    /// Whether sockets are read by TCP state while connections are made, for somebody who looks on; at most a hundredth of
    /// the time goes into it.
    package var readsSockets = false

    /// A plan with the defaults.
    public init(subject: Subject, url: String, seed: UInt64) {
        self.subject = subject
        self.url = url
        self.seed = seed
        lifecycles = Profile.default.lifecycles(isSecure: Self.isSecure(url))
    }

    /// How long a suspected row's target is left alone.
    var requiredPause: Duration {
        pause ?? ServerTimers.pause(path: peers.target ?? path, subprotocols: peers.subprotocols)
    }

    private var path: String { Self.parsed(url)?.target ?? "/" }

    private static func isSecure(_ url: String) -> Bool { parsed(url)?.isSecure ?? false }

    /// The URL with some port where a command is yet to be given one.
    private static func parsed(_ url: String) -> WebSocketURL? {
        try? WebSocketURL(url.replacing("{port}", with: "1"))
    }

    /// What the schedule needs to know.
    func settings(start: MonotonicTime, usesTracingGC: Bool = false) -> CheckSchedule.Settings {
        CheckSchedule.Settings(
            start: start, budget: budget, isBudgetFixed: isBudgetFixed, pause: requiredPause,
            sharesProcess: usesOneProcess, usesTracingGC: usesTracingGC)
    }

    /// The lifecycles as rows, compressed or not.
    var rows: [Lifecycle] {
        switch compression {
        case .off: lifecycles
        case .on: lifecycles.map { $0.compressed ?? $0 }
        case .both: lifecycles.flatMap { [$0, $0.compressed].compactMap { $0 } }
        }
    }
}
