/// One line of a script, read word by word from its beginning.
struct ScriptLine {
    /// Which line of the text it is, counted from 1.
    let number: Int
    private let text: Substring
    private var rest: Substring
    /// Where the word that was read last begins.
    private var wordStart: Substring.Index

    init(_ text: Substring, number: Int) {
        self.number = number
        self.text = text
        rest = text.drop(while: \.isWhitespace)
        wordStart = rest.startIndex
    }

    /// Whether nothing is left but a comment.
    var isAtEnd: Bool { rest.isEmpty || rest.first == "#" }

    private mutating func skipSpaces() { rest = rest.drop(while: \.isWhitespace) }

    /// The next word; nil at the end of the line, and at a comment.
    mutating func word() -> Substring? {
        skipSpaces()
        wordStart = rest.startIndex
        guard !isAtEnd else { return nil }
        let word = rest.prefix { !$0.isWhitespace }
        rest = rest[word.endIndex...]
        return word
    }

    /// The next word without taking it.
    var nextWord: Substring? {
        var copy = self
        return copy.word()
    }

    /// All that is left, without the spaces around it.
    mutating func remainder() -> Substring {
        skipSpaces()
        wordStart = rest.startIndex
        defer { rest = rest[rest.endIndex...] }
        guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return rest }
        return rest[...last]
    }

    /// Whether nothing but a comment follows.
    var isFollowedByEnd: Bool { nextWord == nil }

    /// How many characters after the beginning of the word that was read last `part` stands; 0 where it does not.
    func offset(of part: String) -> Int {
        text[wordStart...].firstRange(of: part).map { text.distance(from: wordStart, to: $0.lowerBound) } ?? 0
    }

    /// What is wrong with the word that was read last, or with its character at `offset`.
    func mistake(_ problem: String, offset: Int = 0) -> ScriptMistake {
        let column = text.distance(from: text.startIndex, to: wordStart) + 1 + offset
        return ScriptMistake(line: number, column: column, problem: problem)
    }

    /// Throws unless nothing but a comment is left.
    mutating func end() throws(ScriptMistake) {
        if !isFollowedByEnd, let extra = word() {
            throw mistake("expected the end of the line, not \"\(extra)\": one step stands on a line")
        }
    }

    /// The next word as one of `choices`, which `what` names.
    mutating func choice(_ choices: [String], _ what: String) throws(ScriptMistake) -> String {
        guard let word = word() else { throw mistake("expected \(what): \(choices.joined(separator: ", "))") }
        guard let choice = choices.first(where: { $0 == word }) else {
            throw mistake(
                "expected \(what) (\(choices.joined(separator: ", "))), not \"\(word)\""
                    + NearestWord.question(word, in: choices))
        }
        return choice
    }

    /// The next word as a number in `range`.
    mutating func number(_ what: String, in range: ClosedRange<Int>) throws(ScriptMistake) -> Int {
        let word = word()
        guard let word, let number = Int(word), range.contains(number) else {
            throw mistake(
                "expected \(what), a number from \(range.lowerBound) to \(range.upperBound)"
                    + (word.map { ", not \"\($0)\"" } ?? ""))
        }
        return number
    }

    /// The next word as a time: `500ms`, `2s`, `1m`, or a number of seconds.
    mutating func duration(_ what: String) throws(ScriptMistake) -> Duration {
        let word = word()
        guard let word, let duration = Self.duration(word), (.milliseconds(1) ... .seconds(86_400)).contains(duration)
        else {
            throw mistake(
                "expected \(what), a time from 1ms to 1440m such as 500ms or 2s"
                    + (word.map { ", not \"\($0)\"" } ?? ""))
        }
        return duration
    }

    private static func duration(_ word: Substring) -> Duration? {
        let digits = word.prefix { $0.isASCII && $0.isNumber }
        guard digits.count <= 9, let number = Int(digits) else { return nil }
        switch word[digits.endIndex...] {
        case "ms": return .milliseconds(number)
        case "s", "": return .seconds(number)
        case "m": return .seconds(number * 60)
        default: return nil
        }
    }

    /// The text that takes the rest of the line: between quotation marks, or as it stands.
    mutating func template(_ what: String) throws(ScriptMistake) -> Template {
        let text = remainder()
        guard let first = text.first else { throw mistake("expected \(what)") }
        guard first == "\"" else { return Template(text) }
        let (template, rest) = try quoted(text)
        guard rest.isEmpty else {
            throw mistake(
                "expected nothing behind the quotation mark that ends the text: within it one is \\\"",
                offset: text.count - rest.count)
        }
        return template
    }

    /// A text between quotation marks, a regular expression between slashes, or `bytes` and an even number of digits.
    mutating func expectation() throws(ScriptMistake) -> Expectation {
        skipSpaces()
        wordStart = rest.startIndex
        switch rest.first {
        case "\"":
            let (template, rest) = try quoted(rest)
            self.rest = rest
            return .text(template)
        case "/": return try pattern()
        default: break
        }
        guard let word = word() else { throw mistake("expected a \"text\", a /regular expression/ or bytes HEX") }
        guard word == "bytes" else { return .text(Template(word)) }
        var digits = ""
        while let next = nextWord, next.allSatisfy(\.isHexDigit) {
            _ = self.word()
            digits += next + " "
        }
        guard let bytes = Hexadecimal.parse(digits), !bytes.isEmpty else {
            throw mistake("expected bytes as pairs of hexadecimal digits, such as 20 02 00 00")
        }
        return .bytes(bytes)
    }

    private mutating func pattern() throws(ScriptMistake) -> Expectation {
        var pattern = ""
        var left = rest.dropFirst()
        while let next = left.popFirst() {
            if next == "/" {
                rest = left
                guard (try? Regex(pattern)) != nil else {
                    throw mistake("expected a regular expression between the slashes: this is none")
                }
                return .pattern(pattern)
            }
            // A slash within is escaped; every other escape is the expression's own.
            if next == "\\", let escaped = left.popFirst() {
                pattern += escaped == "/" ? "/" : "\\\(escaped)"
            } else {
                pattern.append(next)
            }
        }
        throw mistake("expected a slash that ends the regular expression", offset: rest.count)
    }

    private func quoted(_ text: Substring) throws(ScriptMistake) -> (template: Template, rest: Substring) {
        do throws(QuotedText.Mistake) {
            return try QuotedText.parse(text)
        } catch {
            throw mistake(error.problem, offset: error.offset)
        }
    }
}
