/// Text between quotation marks, in which a backslash gives what the rest of a line cannot hold.
///
/// `\n`, `\r`, `\t`, `\0`, `\"`, `\\`, `\/`, `\{` (a brace that begins no name) and `\xHH` (the character of that number).
enum QuotedText {
    /// Why a text between quotation marks cannot be read, and at which of its characters, counted from 0.
    struct Mistake: Error {
        var offset: Int
        var problem: String
    }

    /// The template at the beginning of `text`, which begins with `quote`, and what follows the second `quote`.
    static func parse(
        _ text: Substring, quote: Character = "\""
    ) throws(Mistake) -> (template: Template, rest: Substring) {
        var template = Template()
        var pending = ""
        var rest = text.dropFirst()
        func offset(_ rest: Substring) -> Int { text.distance(from: text.startIndex, to: rest.startIndex) }
        while let next = rest.popFirst() {
            switch next {
            case quote:
                template.append(Template(pending))
                return (template, rest)
            case "\\":
                template.append(Template(pending))
                pending = ""
                let at = offset(rest) - 1
                guard let scalar = unescaped(&rest) else {
                    throw Mistake(
                        offset: at,
                        problem: #"expected \n, \r, \t, \0, \", \\, \{ or \xHH; a backslash itself is \\"#)
                }
                template.append(text: String(scalar))
            default: pending.append(next)
            }
        }
        throw Mistake(offset: offset(rest), problem: "expected a quotation mark (\(quote)) that ends the text")
    }

    private static func unescaped(_ rest: inout Substring) -> Character? {
        switch rest.popFirst() {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "0": return "\0"
        case let plain? where "\"\\/{".contains(plain): return plain
        case "x":
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(\.isHexDigit), let number = UInt8(digits, radix: 16) else {
                return nil
            }
            rest = rest.dropFirst(2)
            return Character(Unicode.Scalar(number))
        default: return nil
        }
    }

    /// The template between quotation marks.
    static func render(_ template: Template) -> String {
        let inside = template.parts.map { part in
            switch part {
            case .value(let name): "{\(name)}"
            case .text(let text): text.unicodeScalars.map(escaped).joined()
            }
        }
        return "\"\(inside.joined())\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return #"\n"#
        case "\r": return #"\r"#
        case "\t": return #"\t"#
        case "\0": return #"\0"#
        case "\"": return #"\""#
        case "\\": return #"\\"#
        case "{": return #"\{"#
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
            let digits = String(scalar.value, radix: 16)
            return #"\x"# + (digits.count < 2 ? "0" : "") + digits
        default: return String(scalar)
        }
    }
}
