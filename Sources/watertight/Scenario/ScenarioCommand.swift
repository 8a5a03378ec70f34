import ArgumentParser
import Environments
import FoundationEssentials
import Glibc
import LeakReports
import Scenarios
import Subprocesses
import SystemCalls

/// `watertight scenario`: the leak-detection scenarios, on a server and clients of our own.
struct ScenarioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario",
        abstract:
            "Play a scenario of managers, limits and cleanup over real connections, and see that nothing is left.",
        discussion: """
            Without a name it lists the scenarios; all plays every one. What they expect, such as the longest time a \
            cleanup may take, is the environment's: see watertight environment.

            Exit code 0 when every check passes, 1 when one fails.
            """)

    /// How the result is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(help: ArgumentHelp("Scenarios to play, or all.", valueName: "name"))
    var names: [String] = []
    @Option(help: "text for reading; json prints one object, schema watertight.scenario/1.")
    var format = Format.text
    @OptionGroup(title: "Environment")
    var environment: EnvironmentOptions
    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func validate() throws {
        for name in names where name != "all" && Scenario(rawValue: name) == nil {
            let known = Scenario.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("there is no scenario \"\(name)\"; choose from \(known), or all")
        }
    }

    func run() async throws {
        guard !names.isEmpty else { return StandardOutput.print(Self.list) }
        let environment = try environment.resolved()
        DescriptorLimit.raise()
        let scenarios = names.contains("all") ? Scenario.allCases : names.compactMap(Scenario.init(rawValue:))
        var setting = ScenarioSetting(
            limits: environment.limits, environment: environment.environment.rawValue, isAloneInProcess: true,
            serverCommand: ["/proc/self/exe", "serve"])
        setting.logger = logging.logger("watertight.scenario")
        // A server that a scenario has started must not outlive it.
        let interruption = Interruption(atOnce: RunningCommand.killAll)
        let reports: [ScenarioReport]
        do {
            reports = try await interruption.value { [setting] in
                var reports: [ScenarioReport] = []
                for scenario in scenarios where !Task.isCancelled {
                    let report = try await scenario.run(setting)
                    if format == .text { StandardOutput.print(ScenarioText.render(report)) }
                    reports.append(report)
                }
                return reports
            }
        } catch {
            StandardError.print("watertight: the scenario cannot start: \(error)")
            throw Code.unreachable
        }
        if format == .json { StandardOutput.print(try Self.json(reports)) }
        if interruption.isCancelled { throw Code.interrupted }
        if !reports.allSatisfy(\.passed) { throw Code.leak }
    }

    private static var list: String {
        TextTable.lines(Scenario.allCases.map { [$0.rawValue, $0.summary] }).joined(separator: "\n")
    }

    private struct Document: Encodable {
        var schema = "watertight.scenario/1"
        var passed: Bool
        var scenarios: [ScenarioReport]
    }

    private static func json(_ reports: [ScenarioReport]) throws -> String {
        try JSONText.render(Document(passed: reports.allSatisfy(\.passed), scenarios: reports))
    }
}
