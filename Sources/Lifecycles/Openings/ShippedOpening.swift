/// The opening of a common framework, which comes with the program.
public struct ShippedOpening: Sendable {
    /// Its name.
    public let name: String
    /// How it is written.
    public let text: String
    /// What it is.
    public let opening: Opening

    /// All of them, in the order of the file.
    public static let all: [ShippedOpening] = sections(
        String(decoding: PackageResources.shipped_openings, as: UTF8.self), named: "opening"
    ).map { ShippedOpening(name: $0.name, text: $0.text) }

    /// The one of that name; nil if there is none.
    public static func named(_ name: String) -> ShippedOpening? { all.first { $0.name == name } }

    private init(name: String, text: String) {
        self.name = name
        self.text = text
        do throws(ScriptMistake) {
            opening = try Opening(text)
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
