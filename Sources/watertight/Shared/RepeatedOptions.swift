import ArgumentParser

/// Options with one value that were given more than once: the parser would keep the last and say nothing.
enum RepeatedOptions {
    /// Refuses `arguments`, with which `command` was parsed, when an option in them that takes one value stands twice.
    static func refuse(in arguments: [String], of command: any ParsableCommand.Type) throws(ValidationError) {
        // No value may begin with dashes unless it follows an equals sign, so whatever does is an option's name.
        let names = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("-") }.map { $0.prefix { $0 != "=" } }
        let repeated = names.enumerated().filter { names[..<$0.offset].contains($0.element) }.map(\.element)
        guard !repeated.isEmpty else { return }
        let single = singleValued(of: command)
        guard let name = repeated.first(where: single.contains) else { return }
        throw ValidationError("\(name) was given more than once: it has one value, so it may be given once")
    }

    /// The names of the options of `command` that have one value, with their dashes.
    static func singleValued(of command: any ParsableCommand.Type) -> Set<Substring> {
        let options = CommandOptions(of: command).all.filter { !$0.isFlag && !$0.isRepeating }
        return Set(options.flatMap(\.spellings).map { $0[...] })
    }
}
