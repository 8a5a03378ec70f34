import LeakTracking
import Sockets
import SystemCalls

extension Scenario {
    /// Runs the scenario on a server of its own, on loopback, and tells what was found.
    ///
    /// A course that cannot go on, because a connection does not open or the task is cancelled, is a check that failed; so
    /// is whatever is left behind. Throws when the server cannot start.
    public func run(_ setting: ScenarioSetting) async throws -> ScenarioReport {
        let start = ContinuousClock.now
        let stage = try await Stage(self, setting)
        // On a loop of its own: a task that Dispatch runs lets its caches fill, which looks like growth.
        let loop = try EventLoop(name: "scenario")
        defer { loop.stop() }
        let checks = await withTaskExecutorPreference(loop) {
            do {
                try await course(stage)
                await stage.expectNothingLeft()
            } catch is CancellationError {
                stage.expect("the course to its end", false, found: "it was interrupted")
            } catch {
                stage.expect("the course to its end", false, found: "\(error)")
            }
            return await stage.finish()
        }
        return ScenarioReport(
            scenario: self, environment: setting.environment, checks: checks,
            durationSeconds: start.duration(to: .now).inSeconds, tracking: stage.tracker.finish())
    }
}
