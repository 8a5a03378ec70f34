extension Opening {
    /// The openings of common frameworks, by name, each with its text.
    public static let shipped: [(name: String, text: String)] =
        sections(String(decoding: PackageResources.shipped_openings, as: UTF8.self), named: "opening").map {
            ($0.name, $0.text)
        }

    /// The opening of a common framework; nil if none has that name.
    public static func named(_ name: String) -> Opening? {
        guard let text = shipped.first(where: { $0.name == name })?.text else { return nil }
        do throws(ScriptMistake) {
            return try Opening(text)
        } catch {
            preconditionFailure("shipped.openings, \(name):\(error)")
        }
    }
}

/// The parts of a text, each behind a line of `word` and a name; `line` is the number of its first line.
func sections(_ text: String, named word: String) -> [(name: String, text: String, line: Int)] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let starts = lines.indices.filter { lines[$0].hasPrefix("\(word) ") }
    return zip(starts, starts.dropFirst() + [lines.endIndex]).map { start, end in
        let name = String(lines[start].dropFirst(word.count + 1))
        return (name, lines[(start + 1)..<end].joined(separator: "\n"), start + 2)
    }
}
