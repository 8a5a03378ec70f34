/// Words as a POSIX shell takes them.
enum ShellText {
    /// The words as one command line; those that a shell would take apart are quoted.
    static func quoted(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }

    /// The words of a line, with quotes and backslashes as a POSIX shell reads them; nil where a quote is not closed.
    ///
    /// Nothing is expanded: a line that needs a shell calls one.
    static func words(of line: String) -> [String]? {
        words(of: line) { "$" + $0 }
    }

    /// The words of a line in which a variable between double quotes has the value that `variable` gives for its name.
    static func words<Failure: Error>(
        of line: String, variable: (String) throws(Failure) -> String
    ) throws(Failure) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = line[...]
        while let character = rest.popFirst() {
            switch (quote, character) {
            case ("'", "'"), ("\"", "\""): quote = nil
            case ("\"", "\\") where rest.first.map { "\"\\$`".contains($0) } == true: word?.append(rest.removeFirst())
            case ("\"", "$"):
                let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                rest.removeFirst(name.count)
                word?.append(name.isEmpty ? "$" : try variable(String(name)))
            case ("'"?, _), ("\""?, _): word?.append(character)
            case (_, "'"), (_, "\""):
                quote = character
                word = word ?? ""
            case (_, "\\"):
                guard let next = rest.popFirst() else { return nil }
                word = (word ?? "") + String(next)
            case (_, " "), (_, "\t"), (_, "\n"):
                if let finished = word { words.append(finished) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if quote != nil { return nil }
        return words + (word.map { [$0] } ?? [])
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "=", "@", "%", "+", ",": true
            // Braces are only taken apart around a comma or dots; {port} is left readable.
            case "{", "}": !word.contains(",") && !word.contains("..")
            default: false
            }
        }
        if isPlain && !word.isEmpty { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
