package import Lifecycles

/// A script as a file of a corpus has it: with its concurrency in a comment, where that is not the usual.
package enum CorpusScript {
    private static let mark = "# concurrency "

    /// The text of such a file.
    package static func render(_ script: SearchScript) -> String {
        (script.concurrency == SearchScript.defaultConcurrency ? "" : "\(mark)\(script.concurrency)\n") + script.text
    }

    /// The script of such a file, which `name` names.
    ///
    /// - Throws: `ScriptMistake` for the first mistake in it.
    package static func parse(_ text: String, name: String) throws(ScriptMistake) -> SearchScript {
        let lifecycle = try Lifecycle(name: name, script: text)
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(mark) }
        let concurrency = line.flatMap { Int($0.dropFirst(mark.count)) } ?? SearchScript.defaultConcurrency
        return SearchScript(lifecycle.steps, concurrency: min(1000, max(1, concurrency)))
    }
}
