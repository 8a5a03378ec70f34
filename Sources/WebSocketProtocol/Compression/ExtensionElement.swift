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
        let parts = text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard let first = parts.first.flatMap(Self.token) else { return nil }
        name = ASCII.lowercased(first)
        parameters = []
        for part in parts.dropFirst() {
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.token(halves[0]) else { return nil }
            var value: String?
            if halves.count == 2 {
                var word = ASCII.trimmed(halves[1])
                let quote = UInt8(ascii: "\"")
                if word.count >= 2, word.first == quote, word.last == quote { word = word.dropFirst().dropLast() }
                guard ASCII.isToken(word) else { return nil }
                value = String(Substring(word))
            }
            parameters.append(Parameter(name: ASCII.lowercased(name), value: value))
        }
    }

    /// The token that `bytes` are, without the white space around it.
    private static func token(_ bytes: Substring.UTF8View) -> String? {
        let trimmed = ASCII.trimmed(bytes)
        return ASCII.isToken(trimmed) ? String(Substring(trimmed)) : nil
    }
}
