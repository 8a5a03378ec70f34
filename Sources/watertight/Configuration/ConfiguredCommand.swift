import ArgumentParser
import Environments
import FoundationEssentials
import LeakReports
import WebSocketProtocol

/// A command whose options environment variables and a configuration file can give as well.
protocol ConfiguredCommand: ParsableCommand {
    /// Whether it is to say what holds and whence, in place of running.
    var printConfig: Bool { get }
    /// Whether an option of a target, which is written for check, is for this command as well.
    static func takesFromTarget(_ option: CommandOptions.Option) -> Bool
}

extension CheckCommand: ConfiguredCommand {
    static func takesFromTarget(_ option: CommandOptions.Option) -> Bool { true }
}

extension SearchCommand: ConfiguredCommand {
    /// What the server is and how its peers speak; reports and budgets are those of a check.
    static func takesFromTarget(_ option: CommandOptions.Option) -> Bool {
        ["Target", "Peers"].contains(option.section) || option.name == "pause"
    }
}

/// Completes command lines before they are parsed, and says afterwards where a value came from.
enum Configurations {
    /// The commands that are completed, by name.
    static let commands: [String: any ConfiguredCommand.Type] = [
        "check": CheckCommand.self, "search": SearchCommand.self,
    ]

    /// The environment variables that give an option of one of them.
    static var variables: Set<String> {
        Set(
            commands.values.flatMap { CommandOptions(of: $0).all }.filter(ConfiguredArguments.isConfigurable)
                .map(\.variable))
    }

    /// The options' arguments of `arguments`, completed; nil where their command takes none.
    static func arguments(
        _ arguments: [String], variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ConfiguredArguments? {
        guard let name = arguments.first, let command = commands[name] else { return nil }
        let options = CommandOptions(of: command)
        let typed = Array(arguments.dropFirst())
        // Help is given whatever the file says.
        guard !typed.prefix(while: { $0 != "--" }).contains(where: { ["--help", "-h", "--version"].contains($0) })
        else { return nil }
        let file = try EnvironmentOptions.path(typed: typed, variables: variables).map(ConfigurationFile.init(at:))
        return try ConfiguredArguments(
            typed, of: options, file: file, variables: variables, targetOptions: CommandOptions(of: CheckCommand.self),
            takes: command.takesFromTarget)
    }

    /// The error with which `arguments` of the command `name` were refused, with the place of the value where it is one
    /// of the file or of a variable.
    static func located(_ error: any Error, in arguments: ConfiguredArguments, of name: String) -> any Error {
        guard let command = commands[name] else { return error }
        let message = Watertight.message(for: error)
        for piece in arguments.all where piece.origin != .typed {
            let words = piece.name == "command" ? ["--"] + piece.words : piece.words
            do {
                _ = try command.parse(words)
            } catch let own where Watertight.message(for: own) == message {
                return ValidationError("\(piece.origin): \(message)")
            } catch {
                continue
            }
        }
        return error
    }
}

extension ConfiguredArguments {
    /// A table of what holds: each option with its value and its origin.
    func table(of options: CommandOptions) -> String {
        var rows = [["option", "value", "origin"]]
        for piece in all {
            let value = piece.name == "command" ? ShellText.quoted(piece.words) : piece.value ?? "true"
            rows.append([piece.name, value.escapedForTerminal, "\(piece.origin)"])
        }
        let given = Set(all.map(\.name))
        for option in options.all where !given.contains(option.name) {
            guard let value = option.defaultValue else { continue }
            rows.append([option.name, value, "default"])
        }
        return ((target.map { ["target \($0)", ""] } ?? []) + TextTable.lines(rows)).joined(separator: "\n")
    }
}
