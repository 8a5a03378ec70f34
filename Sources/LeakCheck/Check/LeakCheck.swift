public import LeakStatistics
import Lifecycles
public import Logging
import ProcessResources
import Subprocesses
import WebSocketProtocol

/// One check: drives a target through lifecycles, reads its processes, and says what leaks.
public struct LeakCheck: Sendable {
    /// What is going on, for a progress line.
    public struct Progress: Sendable {
        /// The lifecycle that is being driven, or waited upon.
        public var lifecycle: String
        /// What the check does with it.
        public var phase: CheckResult.Sample.Phase
        /// Connections made in all.
        public var connections: Int
        /// The last reading's private memory, in bytes.
        public var privateMemory: Int
        /// Seconds since the check began.
        public var seconds: Double
        /// Rows that are decided, of `rows`.
        public var decided: Int
        /// The number of rows.
        public var rows: Int
        /// Rows that rest because something in them grows like a leak.
        public var suspects: [Suspect] = []
        /// Whether the verdicts stand, and the causes of what leaks in `lifecycle` are looked for.
        public var isExplaining = false
        /// The row that has just been decided, as it will be reported; nil for what goes on between. Known leaks are not marked
        /// yet, and causes are looked for at the end.
        public var finished: CheckResult.Row?

        /// A row that rests.
        public struct Suspect: Hashable, Sendable {
            /// The row's label.
            public var lifecycle: String
            /// How much each connection seems to leave, by resource, in the resource's unit.
            public var amounts: [Resource: Double]
            /// How long it must still rest, in seconds.
            public var secondsLeft: Double
        }
    }

    let plan: CheckPlan
    private let logger: Logger
    private let progress: @Sendable (Progress) -> Void
    private let record: @Sendable (CheckRecord.Entry) -> Void

    /// A check of `plan`; `progress` is called some ten times a second, `record` for everything that is learned, in order.
    public init(
        _ plan: CheckPlan, logger: Logger = Logger(label: "watertight.check"),
        progress: @escaping @Sendable (Progress) -> Void = { _ in },
        record: @escaping @Sendable (CheckRecord.Entry) -> Void = { _ in }
    ) {
        self.plan = plan
        self.logger = logger
        self.progress = progress
        self.record = record
    }

    /// Kills, without waiting, every command that a check of this process has started and not ended.
    ///
    /// For a process that is about to exit and cannot let its checks end.
    public static func killAll() {
        RunningCommand.killAll()
    }

    /// Carries the check out.
    ///
    /// A check that is cancelled, or whose target dies, returns what was measured. Throws `TargetFailure` when it cannot
    /// begin. Whatever happens, a command that was started is ended.
    public func run() async throws -> CheckResult {
        try await withRun(of: plan) { try await $0.run() }
    }

    /// Has `body` use a run of `plan`, and ends whatever that started.
    func withRun<Value>(of plan: CheckPlan, _ body: (CheckRun) async throws -> Value) async throws -> Value {
        let driver = try PeerDriver()
        defer { driver.stop() }
        let run = CheckRun(plan: plan, driver: driver, logger: logger, progress: progress, record: record)
        do {
            let value = try await body(run)
            await run.end()
            return value
        } catch {
            await run.end()
            throw error
        }
    }
}
