import ArgumentParser
import Environments
import Lifecycles

/// The arguments of a command, completed by environment variables and by a target of the configuration file.
///
/// An option that was typed is stronger than its variable, and that than the file. A list is replaced as a whole.
struct ConfiguredArguments {
    /// Where a value comes from.
    enum Origin: Hashable, CustomStringConvertible {
        /// The command line.
        case typed
        /// An environment variable, by its name.
        case variable(String)
        /// The configuration file.
        case file(path: String, ConfigurationNode.Place)

        var description: String {
            switch self {
            case .typed: "command line"
            case .variable(let name): name
            case .file(let path, let place): "\(path):\(place)"
            }
        }
    }

    /// Words that belong together, such as an option with its value.
    struct Piece: Hashable {
        /// The long name of the option; `url` and `command` for what is no option.
        var name: String
        var words: [String]
        var origin: Origin
        /// The value of an option that has one, and what stands for itself.
        var value: String? {
            guard words.first?.hasPrefix("-") == true else { return words.first }
            if words.count > 1 { return words[1] }
            return words[0].firstIndex(of: "=").map { String(words[0][$0...].dropFirst()) }
        }
    }

    /// The name of the target in the file; nil where none was chosen.
    var target: String?
    /// What holds, in the order of the command line.
    var pieces: [Piece] = []
    /// Words that are no option, in order.
    private var positional: [Piece] = []
    /// What follows `--`, or the file's command.
    private var command: Piece?

    /// The whole line, without the names of the program and of its command.
    var words: [String] {
        (pieces + positional).flatMap(\.words) + (command.map { ["--"] + $0.words } ?? [])
    }

    /// Options, URL and command with their origins.
    var all: [Piece] { pieces + positional + (command.map { [$0] } ?? []) }

    /// Completes what was `typed` after the name of a command whose options these are. Of a target it takes the options that
    /// `takes` lets through; others of `targetOptions`, which are those of check, are for another command.
    ///
    /// Throws `ConfigurationFile.Mistake` for a mistake in `file`, `ValidationError` for another.
    init(
        _ typed: [String], of options: CommandOptions, file: ConfigurationFile?, variables: [String: String],
        targetOptions: CommandOptions? = nil, takes: (CommandOptions.Option) -> Bool = { _ in true }
    ) throws {
        try read(typed, options)
        try add(variables, options)
        try add(file, targetOptions ?? options) { name in
            options.all.first { $0.name == name && takes($0) }
        }
    }

    // MARK: Command line

    /// Options of the parser itself, which it does not list.
    private static let ofParser: Set<Substring> = ["--help-hidden", "--experimental-dump-help"]

    private mutating func read(_ typed: [String], _ options: CommandOptions) throws {
        var rest = typed[...]
        while let word = rest.popFirst() {
            if word == "--" {
                command = Piece(name: "command", words: Array(rest), origin: .typed)
                return
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                positional.append(Piece(name: "url", words: [word], origin: .typed))
                continue
            }
            let option = options.named(by: word)
            if option == nil, word.hasPrefix("--"), !Self.ofParser.contains(word.prefix { $0 != "=" }) {
                // The parser would first take its value for the URL, and complain of that.
                let name = word.dropFirst(2).prefix { $0 != "=" }
                throw ValidationError(
                    "there is no option --\(name)"
                        + (NearestWord.of(name, in: options.all.map(\.name)).map { "; did you mean --\($0)?" } ?? ""))
            }
            var words = [word]
            if let option, !option.isFlag, !word.contains("="), let value = rest.popFirst() { words.append(value) }
            pieces.append(Piece(name: option?.name ?? word, words: words, origin: .typed))
        }
    }

    // MARK: Environment

    /// Options of which the environment itself speaks by another reader, or that make no sense there.
    private static let unconfigurable: Set = ["environment", "config", "set", "help", "version", "print-config"]

    /// Whether variables and files may give the option.
    static func isConfigurable(_ option: CommandOptions.Option) -> Bool { !unconfigurable.contains(option.name) }

    private mutating func add(_ variables: [String: String], _ options: CommandOptions) throws {
        for option in options.all where Self.isConfigurable(option) && !isGiven(option) {
            guard let value = variables[option.variable], !value.isEmpty else { continue }
            guard option.isFlag else {
                append(option, value, .variable(option.variable))
                continue
            }
            switch value.lowercased() {
            case "1", "true", "yes", "on": append(option, nil, .variable(option.variable))
            case "0", "false", "no", "off": continue
            default: throw ValidationError("\(option.variable): expected true or false, not \"\(value)\"")
            }
        }
    }

    private func isGiven(_ option: CommandOptions.Option) -> Bool { pieces.contains { $0.name == option.name } }

    private mutating func append(_ option: CommandOptions.Option, _ value: String?, _ origin: Origin) {
        // With an equals sign, so that a value may begin with dashes.
        let word = "--" + option.name + (value.map { "=" + $0 } ?? "")
        pieces.append(Piece(name: option.name, words: [word], origin: origin))
    }

    // MARK: File

    private mutating func add(
        _ file: ConfigurationFile?, _ options: CommandOptions, taken: (String) -> CommandOptions.Option?
    ) throws {
        guard let entry = try chosen(from: file), let file else { return }
        target = entry.key
        positional = []
        for value in try file.entries(of: entry, "options by name") {
            try add(value, of: file, options, taken: taken)
        }
    }

    /// The target that the first word names, or the only one where nothing says what to check.
    private func chosen(from file: ConfigurationFile?) throws -> ConfigurationNode.Entry? {
        let targets = file?.targets ?? []
        guard let word = positional.first?.words.first else {
            guard let file, command == nil, !targets.isEmpty else { return nil }
            guard targets.count == 1 else {
                throw ValidationError(
                    "\(file.path) has \(targets.count) targets: name one of \(targets.map(\.key).joined(separator: ", "))"
                )
            }
            return targets[0]
        }
        if let target = targets.first(where: { $0.key == word }) {
            guard positional.count == 1 else { return nil }
            return target
        }
        guard Self.isName(word) else { return nil }
        guard positional.count == 1 else {
            let words = positional.flatMap(\.words)
            throw ValidationError("put -- before a command: -- \(ShellText.quoted(words))")
        }
        guard let file else {
            throw ValidationError(
                "\"\(word)\" is no URL, and there is no watertight.yml with a target of that name: write "
                    + "ws://HOST:PORT/PATH, put -- before a command, or let watertight init write the file")
        }
        throw ValidationError(
            "\(file.path) has no target \"\(word)\"\(NearestWord.question(word, in: targets.map(\.key))); it has "
                + (targets.isEmpty ? "none" : targets.map(\.key).joined(separator: ", ")))
    }

    /// Whether a word can only be meant as the name of a target: no URL, no port, no host with a port.
    private static func isName(_ word: String) -> Bool {
        word.first.map { $0.isLetter || $0 == "_" } == true && !word.contains(":") && !word.contains("/")
    }

    private mutating func add(
        _ entry: ConfigurationNode.Entry, of file: ConfigurationFile, _ options: CommandOptions,
        taken: (String) -> CommandOptions.Option?
    ) throws {
        let origin = Origin.file(path: file.path, entry.place)
        switch entry.key {
        case "url":
            positional = [Piece(name: "url", words: [try file.text(of: entry)], origin: origin)]
        case "command":
            if command == nil {
                command = Piece(name: "command", words: try Self.command(entry, of: file), origin: origin)
            }
        default:
            let known = options.all.filter(Self.isConfigurable)
            guard known.contains(where: { $0.name == entry.key }) else {
                let names = known.map(\.name)
                throw file.mistake(
                    at: entry.place,
                    "there is no option \"\(entry.key)\"\(NearestWord.question(entry.key, in: names + ["url", "command"]))"
                )
            }
            guard let option = taken(entry.key), !isGiven(option) else { return }
            try add(option, entry, of: file, origin)
        }
    }

    private mutating func add(
        _ option: CommandOptions.Option, _ entry: ConfigurationNode.Entry, of file: ConfigurationFile, _ origin: Origin
    ) throws {
        if option.isFlag {
            switch entry.value.content {
            case .text("true"): append(option, nil, origin)
            case .text("false"): return
            default:
                throw file.mistake(
                    at: entry.value.place, "\(entry.key): expected true or false, not \(entry.value.kind)"
                )
            }
        } else if case .list(let values) = entry.value.content {
            guard option.isRepeating else {
                throw file.mistake(at: entry.value.place, "\(entry.key): expected one value, not a list")
            }
            for value in values {
                guard case .text(let text) = value.content else {
                    throw file.mistake(at: value.place, "\(entry.key): expected a value, not \(value.kind)")
                }
                append(option, text, .file(path: file.path, value.place))
            }
        } else {
            append(option, try file.text(of: entry), origin)
        }
    }

    /// A list of words, or a line that is taken apart as a shell would.
    private static func command(_ entry: ConfigurationNode.Entry, of file: ConfigurationFile) throws -> [String] {
        var words: [String] = []
        switch entry.value.content {
        case .text(let line):
            guard let found = ShellText.words(of: line) else {
                throw file.mistake(at: entry.value.place, "command: a quote is not closed")
            }
            words = found
        case .list(let values):
            for value in values {
                guard case .text(let text) = value.content else {
                    throw file.mistake(at: value.place, "command: expected a word, not \(value.kind)")
                }
                words.append(text)
            }
        default: break
        }
        guard !words.isEmpty else {
            throw file.mistake(at: entry.value.place, "command: expected a line or a list of words")
        }
        return words
    }
}
