/// One element of a Sec-WebSocket-Extensions field: a name and its parameters (RFC 6455, section 9.1).
struct ExtensionElement: Hashable, Sendable {
    /// The extension's name, in lower case.
    var name: String
    /// Its parameters in their order; the value of one without `=` is nil.
    var parameters: [Parameter]

    struct Parameter: Hashable, Sendable {
        var name: String
        var value: String?
    }

    /// Parses one element, `name; parameter; parameter=value`; nil when it does not follow the grammar.
    ///
    /// A quoted value must be a token once the quotes are off (section 9.1), so no quoted comma can occur.
    init?(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        guard let first = parts.first, ASCII.isToken(first.utf8) else { return nil }
        name = first.lowercased()
        parameters = []
        for part in parts.dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
            guard ASCII.isToken(halves[0].utf8) else { return nil }
            var value: String?
            if halves.count == 2 {
                var word = halves[1]
                if word.count >= 2, word.first == "\"", word.last == "\"" { word = String(word.dropFirst().dropLast()) }
                guard ASCII.isToken(word.utf8) else { return nil }
                value = word
            }
            parameters.append(Parameter(name: halves[0].lowercased(), value: value))
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
