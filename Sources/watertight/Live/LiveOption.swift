import ArgumentParser

/// The option `--live [PORT]` of the commands whose run a page can show.
struct LiveOption: ParsableArguments {
    @Option(
        name: .customLong("live"),
        help: ArgumentHelp(
            "Show the run on a page of this machine while it goes on; a number after it is the port, otherwise a free one is taken.",
            discussion: "The address goes to stderr; who does not have its token gets 404.", valueName: "port"))
    var port: UInt16?

    /// `arguments` with the port in its place where `--live` stands without one: an option has a value or it has none.
    ///
    /// Only a number is a port, so the URL or the command that follows is not taken for one.
    static func completed(_ arguments: [String]) -> [String] {
        var words: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" { return words + ["--"] + rest }
            guard word == "--live" else {
                words.append(word)
                continue
            }
            let hasPort = rest.first.map { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } } ?? false
            words.append("--live=\(hasPort ? rest.removeFirst() : "0")")
        }
        return words
    }
}
