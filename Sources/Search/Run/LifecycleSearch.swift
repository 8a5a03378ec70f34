import LeakCheck
import Lifecycles
package import Logging

/// Looks for a lifecycle that nobody wrote down: one that leaks, stalls or ends the target.
package struct LifecycleSearch: Sendable {
    private let plan: SearchPlan
    private let logger: Logger
    private let progress: @Sendable (SearchProgress) -> Void
    private let event: @Sendable (SearchEvent) -> Void

    /// A search of `plan`; `progress` is called some times a second, `event` for everything that is learned, in order.
    package init(
        _ plan: SearchPlan, logger: Logger = Logger(label: "watertight.search"),
        progress: @escaping @Sendable (SearchProgress) -> Void = { _ in },
        event: @escaping @Sendable (SearchEvent) -> Void = { _ in }
    ) {
        self.plan = plan
        self.logger = logger
        self.progress = progress
        self.event = event
    }

    /// Carries the search out.
    ///
    /// A search that is cancelled, or whose target cannot be started again, returns what it has. Throws `TargetFailure` when
    /// it cannot begin, `CancellationError` when it is cancelled before that. A command that was started is ended.
    package func run() async throws -> SearchResult {
        let driver = try PeerDriver()
        defer { driver.stop() }
        let run = SearchRun(plan, driver: driver, logger: logger, progress: progress, event: event)
        do {
            let result = try await run.run()
            await run.end()
            return result
        } catch {
            await run.end()
            throw error
        }
    }
}
