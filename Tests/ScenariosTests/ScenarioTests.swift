import Environments
import Foundation
import LeakTracking
import Managers
import TestSupport
import Testing

@testable import Scenarios

/// Each scenario on a real server, as it should be and with its cleanup broken on purpose.
@Suite("Scenarios", .serialized, .timed)
struct ScenarioTests {
    private static func setting() throws -> ScenarioSetting {
        let environment = try ResolvedEnvironment.current()
        return ScenarioSetting(
            limits: environment.limits, environment: environment.environment.rawValue,
            serverCommand: [BuiltExecutable.path("watertight"), "serve"])
    }

    private static func failures(_ report: ScenarioReport) -> String {
        report.checks.filter { !$0.passed }.map { check in
            ([check.expectation + ": " + check.found] + check.evidence).joined(separator: "\n  ")
        }.joined(separator: "\n")
    }

    @Test("plays to its end and leaves nothing", arguments: Scenario.allCases)
    func passes(scenario: Scenario) async throws {
        let report = try await scenario.run(Self.setting())
        #expect(report.passed, "\(Self.failures(report))")
        #expect(report.checks.count >= 5)
        for timing in report.tracking.timings { print("\(scenario.rawValue): \(timing)") }
    }

    @Test("fails when cleanup is broken, with evidence", arguments: Scenario.allCases, ManagerDefect.allCases)
    func fails(scenario: Scenario, defect: ManagerDefect) async throws {
        var setting = try Self.setting()
        setting.defect = defect
        // What is broken does not come, however long one waits.
        setting.patience = .milliseconds(200)
        let report = try await scenario.run(setting)
        let evidence = report.checks.filter { !$0.passed }.flatMap(\.evidence)
        #expect(!evidence.isEmpty, "\(Self.failures(report))")
    }
}
