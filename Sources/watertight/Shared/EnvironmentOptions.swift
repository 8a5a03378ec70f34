public import ArgumentParser
public import Environments

/// What overrides the environment and its values.
struct EnvironmentOptions: ParsableArguments {
    @Option(help: "Environment whose limits apply; detected unless given.")
    var environment: LeakEnvironment?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A value of the environment, such as cleanupLimit=750ms; repeatable. See watertight environment.",
            valueName: "name=value"))
    var settings: [SettingArgument] = []
    @Option(help: ArgumentHelp("JSON file of values; WATERTIGHT_CONFIG names one, too.", valueName: "file"))
    var config: String?

    /// A wrong environment is a wrong argument, also where it was found in a variable or a file.
    func resolved() throws -> ResolvedEnvironment {
        var overrides = ResolvedEnvironment.Overrides()
        overrides.environment = environment
        overrides.file = config
        for setting in settings { overrides.values[setting.name] = setting.value }
        do throws(EnvironmentFailure) {
            return try ResolvedEnvironment.current(overrides)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

/// A setting on the command line: `name=value`.
struct SettingArgument: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        name = String(parts[0])
        value = String(parts[1])
    }
}

extension LeakEnvironment: ExpressibleByArgument {
    /// Takes the short forms as well.
    public init?(argument: String) {
        try? self.init(named: argument, from: "argument")
    }
}
