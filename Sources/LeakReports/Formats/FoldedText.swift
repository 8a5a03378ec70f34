/// Paragraphs of facts, folded for a terminal.
enum FoldedText {
    /// `paragraph` in lines of at most `columns`, as far as its words allow.
    ///
    /// One that is longer has each of its facts, which semicolons part, on a line of its own; what belongs to a line before is
    /// indented. Escapes take no room. Less than 20 columns fold nothing.
    static func lines(_ paragraph: String, columns: Int) -> [String] {
        guard columns >= 20, width(paragraph) > columns else { return [paragraph] }
        let margin = String(paragraph.prefix { $0 == " " })
        var lines: [String] = []
        for (index, fact) in facts(paragraph).enumerated() {
            var line = margin + (index == 0 ? "" : "  ")
            let start = line.count
            for word in fact.drop(while: { $0 == " " }).split(separator: " ") {
                if width(line) > start, width(line) + 1 + width(word) > columns {
                    lines.append(line)
                    line = margin + (index == 0 ? "  " : "    ")
                    line += word
                } else {
                    line += (width(line) > start || !line.allSatisfy { $0 == " " } ? " " : "") + word
                }
            }
            lines.append(line)
        }
        return lines
    }

    private static func facts(_ paragraph: String) -> [Substring] {
        var facts: [Substring] = []
        var rest = paragraph[...]
        while let range = rest.firstRange(of: "; ") {
            facts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return facts + [rest]
    }

    /// The characters that are seen.
    private static func width(_ text: some StringProtocol) -> Int {
        var count = 0
        var isEscape = false
        for character in text {
            if character == "\u{1B}" {
                isEscape = true
            } else if isEscape {
                isEscape = !character.isLetter
            } else {
                count += 1
            }
        }
        return count
    }
}
