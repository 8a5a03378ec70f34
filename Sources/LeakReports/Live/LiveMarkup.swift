import LeakStatistics

/// Pieces of markup that only live pages have.
enum LiveMarkup {
    /// How much of something is done, as a bar with its numbers.
    static func bar(_ name: String, _ done: Int, of all: Int) -> String {
        "<progress aria-label=\"\(MarkupText.escaped(name))\" value=\"\(done)\" max=\"\(max(1, all))\">\(done) of \(all)</progress>"
    }

    /// Sockets by TCP state, those of which there are most first; nothing where none are known.
    static func sockets(_ states: [String: Int]) -> String {
        guard !states.isEmpty else { return "" }
        let ordered = states.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let items = ordered.map { "<li><b>\(Amount.whole(Double($0.value)))</b> \(MarkupText.escaped($0.key))</li>" }
        return "<p class=\"label\">Sockets by state</p>\n<ul class=\"tally\" id=\"sockets\">\(items.joined())</ul>"
    }

    /// A table of text: its heading, then its rows, whose first cell names them; the others are numbers.
    static func table(_ caption: String, _ heading: [String], _ rows: [[String]]) -> String {
        let heads = heading.enumerated().map { index, name in
            "<th scope=\"col\" role=\"columnheader\"\(index > 0 ? " class=\"number\"" : "")>\(MarkupText.escaped(name))</th>"
        }
        let lines = rows.map { row in
            let cells = zip(heading, row).dropFirst().map { name, text in
                "<td role=\"cell\" class=\"number\" data-name=\"\(MarkupText.escaped(name))\">\(MarkupText.escaped(text))</td>"
            }
            return "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">\(MarkupText.escaped(row.first ?? ""))</th>"
                + "\(cells.joined())</tr>"
        }
        return """
            <table role="table">
            <caption>\(MarkupText.escaped(caption))</caption>
            <thead role="rowgroup"><tr role="row">\(heads.joined())</tr></thead>
            <tbody role="rowgroup">
            \(lines.joined(separator: "\n"))
            </tbody>
            </table>
            """
    }

    /// Text as a list of short facts in one line.
    static func facts(_ words: [String]) -> String {
        "<ul class=\"tally\">\(words.filter { !$0.isEmpty }.map { "<li>\(MarkupText.escaped($0))</li>" }.joined())</ul>"
    }
}
