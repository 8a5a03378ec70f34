import ArgumentParser
import Environments
import FoundationEssentials
import LeakReports

/// `watertight environment`: which environment this is, why, and each of its values with where it comes from.
struct EnvironmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment",
        abstract: "Print the environment that was detected, why, and each of its values with its origin.",
        discussion: """
            The environment is what WATERTIGHT_ENVIRONMENT or the configuration file names, else ci where a CI system's variables say so, else what \
            ENVIRONMENT names, else test inside swift test, else development. Each value can be overridden by --set, by \
            its environment variable, or by the configuration file, in this order.
            """)

    /// How the result is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "text for reading; json prints one object, schema watertight.environment/1.")
    var format = Format.text
    @OptionGroup(title: "Environment")
    var environment: EnvironmentOptions

    func run() throws {
        let environment = try environment.resolved()
        switch format {
        case .text: StandardOutput.print(Self.text(environment))
        case .json: StandardOutput.print(try Self.json(environment))
        }
    }

    private static func text(_ environment: ResolvedEnvironment) -> String {
        let rows = EnvironmentSetting.allCases.map { setting in
            [
                setting.rawValue, setting.text(in: environment.limits), "\(environment.origins[setting]!)",
                setting.variable, setting.summary,
            ]
        }
        let heading = ["value", "", "origin", "variable", "meaning"]
        let lines = TextTable.lines([heading] + rows)
        let unknown = environment.unknownVariables.filter { !Configurations.variables.contains($0) }.map {
            "\n\($0) is no setting and no option, and has no effect"
        }
        return (["environment \(environment.environment.rawValue): \(environment.reason)", ""] + lines + unknown)
            .joined(separator: "\n")
    }

    private struct Document: Encodable {
        var schema = "watertight.environment/1"
        var environment: String
        var reason: String
        var values: [String: Value]
    }

    private struct Value: Encodable {
        var value: String
        var origin: String
        var variable: String
    }

    private static func json(_ environment: ResolvedEnvironment) throws -> String {
        let values = EnvironmentSetting.allCases.map { setting in
            (
                setting.rawValue,
                Value(
                    value: setting.text(in: environment.limits), origin: "\(environment.origins[setting]!)",
                    variable: setting.variable)
            )
        }
        let document = Document(
            environment: environment.environment.rawValue, reason: environment.reason,
            values: Dictionary(uniqueKeysWithValues: values))
        return try JSONText.render(document)
    }
}
