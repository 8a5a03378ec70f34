public import ArgumentParser
public import Environments
import FoundationEssentials
import Glibc

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
    @Option(
        help: ArgumentHelp(
            "YAML file with settings and targets. Default: watertight.yml here; WATERTIGHT_CONFIG names one, too.",
            valueName: "file"))
    var config: String?

    /// The file to read: the one that is named, else that of `WATERTIGHT_CONFIG`, else the one in the current folder.
    static func path(_ named: String?, variables: [String: String]) -> String? {
        if let named { return named }
        if let path = variables["WATERTIGHT_CONFIG"], !path.isEmpty { return path }
        return ConfigurationFile.names.first { access($0, F_OK) == 0 }
    }

    /// The file to read where `typed` are the arguments of a command.
    static func path(typed: [String], variables: [String: String]) -> String? {
        let words = typed.prefix { $0 != "--" }
        var named: String?
        for (index, word) in words.enumerated() {
            if word == "--config", index + 1 < words.count { named = words[index + 1] }
            if word.hasPrefix("--config=") { named = String(word.dropFirst("--config=".count)) }
        }
        return path(named, variables: variables)
    }

    /// A wrong environment is a wrong argument, also where it was found in a variable or a file.
    func resolved() throws -> ResolvedEnvironment {
        var overrides = ResolvedEnvironment.Overrides()
        overrides.environment = environment
        overrides.file = Self.path(config, variables: ProcessInfo.processInfo.environment)
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
