/// Finds where a variable is declared in the text of a script.
///
/// A heap has no lines of variables. The first declaration of a name is the outermost, as a rule.
enum VariableDeclaration {
    private static let keywords = ["const", "let", "var", "class", "function"].map { Array($0.utf8) }

    /// The line, from 1; nil where the text declares no such name.
    static func line(of name: String, in text: [UInt8]) -> Int? {
        let name = Array(name.utf8)
        var line = 1
        var former: ArraySlice<UInt8> = []
        var position = 0
        while position < text.count {
            let start = position
            while position < text.count, isLetter(text[position]) { position += 1 }
            if position > start {
                let word = text[start..<position]
                if word.elementsEqual(name), keywords.contains(where: former.elementsEqual) { return line }
                former = word
                continue
            }
            if text[position] == 10 { line += 1 }
            // What else stands between two words ends a declaration.
            if text[position] > 32 { former = [] }
            position += 1
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 128...:
            true
        default: false
        }
    }
}
