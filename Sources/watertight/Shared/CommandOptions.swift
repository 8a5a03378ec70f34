import ArgumentParser
import FoundationEssentials

/// The options of a command, as the parser describes them.
struct CommandOptions {
    /// One of them.
    struct Option: Hashable {
        /// The long name, without its dashes: `first-message`.
        var name: String
        /// Every name, with its dashes.
        var spellings: [String]
        /// Whether it has no value.
        var isFlag: Bool
        /// Whether it may be given more than once.
        var isRepeating: Bool
        /// What the values are called.
        var valueName: String
        /// What it does, in a sentence.
        var summary: String
        /// The group of the help that it belongs to.
        var section: String?
        /// The only values that it may have; empty where they cannot be listed.
        var choices: [String]
        /// What holds where it is not given, as text.
        var defaultValue: String?

        /// The environment variable that gives it: `WATERTIGHT_FIRST_MESSAGE`.
        var variable: String { "WATERTIGHT_" + name.uppercased().replacing("-", with: "_") }
    }

    /// In the order of the help.
    var all: [Option] = []

    /// Those of `command`.
    init(of command: any ParsableCommand.Type) {
        guard let tool = try? JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8)) else { return }
        all = (tool.command.arguments ?? []).compactMap(Option.init)
    }

    /// The option that `word` of a command line names, as `--name`, `--name=value` or a short form.
    func named(by word: String) -> Option? {
        let spelling = String(word.prefix { $0 != "=" })
        return all.first { $0.spellings.contains(spelling) }
    }

    /// As much as is needed of how the parser describes a command.
    fileprivate struct Tool: Decodable {
        var command: Command

        struct Command: Decodable {
            var arguments: [Argument]?
        }

        struct Argument: Decodable {
            var kind: String
            var isRepeating: Bool
            var names: [Name]?
            var valueName: String?
            var abstract: String?
            var sectionTitle: String?
            var allValues: [String]?
            var defaultValue: String?
        }

        struct Name: Decodable {
            var kind: String
            var name: String
        }
    }
}

extension CommandOptions.Option {
    /// Nil for what is no option with a long name.
    fileprivate init?(_ argument: CommandOptions.Tool.Argument) {
        let names = argument.names ?? []
        guard argument.kind != "positional", let long = names.first(where: { $0.kind == "long" }) else { return nil }
        name = long.name
        spellings = names.map { ($0.kind == "long" ? "--" : "-") + $0.name }
        isFlag = argument.kind == "flag"
        isRepeating = argument.isRepeating
        valueName = argument.valueName ?? long.name
        summary = argument.abstract ?? ""
        section = argument.sectionTitle
        choices = argument.allValues ?? []
        defaultValue = argument.defaultValue
    }
}
