public import Lifecycles
public import WebSocketProtocol

/// What to check and how.
public struct CheckPlan: Sendable {
    /// Where the target is, and how to read it.
    public enum Subject: Sendable {
        /// A command to start, `{port}` replaced by a free port; each lifecycle gets a process of its own.
        case command([String])
        /// A server that runs: these processes and their descendants. Empty: whoever listens on the URL's port.
        case running(pids: [Int32])
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

    /// The target.
    public var subject: Subject
    /// The URL, in which `{port}` stands for the free port of a command.
    public var url: String
    /// The lifecycles, in this order.
    public var lifecycles: [Lifecycle] = Lifecycle.all
    /// Whether they are driven with compression, without, or both.
    public var compression = Compression.off
    /// Time for the whole check.
    public var budget: Duration = .seconds(60)
    /// Connections at a time.
    public var concurrency = 16
    /// Seeds the sizes of blocks.
    public var seed: UInt64
    /// Fields added to each request.
    public var fields = HTTPFields()
    /// Subprotocols offered.
    public var subprotocols: [String] = []
    /// The `Origin` field.
    public var origin: String?
    /// Time for a command to accept connections.
    public var startLimit: Duration = .seconds(30)

    /// The environment in which the check runs, and why it is taken to be this one; for the report.
    public var environment: String?
    /// Growth of memory in one row, in bytes, that is worth a note whatever the verdict is; nil notes none.
    public var memoryGrowthThresholdBytes: Int?

    /// Leaks that are accepted: marked in the result.
    public var knownLeaks: [KnownLeak] = []

    /// A plan with the defaults.
    public init(subject: Subject, url: String, seed: UInt64) {
        self.subject = subject
        self.url = url
        self.seed = seed
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

/// A check that could not begin.
public enum CheckFailure: Error, Sendable, CustomStringConvertible {
    /// The target cannot be started, reached or read.
    case unreachable(String)
    /// The plan itself is wrong.
    case invalid(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .unreachable(let problem), .invalid(let problem): problem
        }
    }
}
