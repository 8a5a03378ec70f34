import LeakStatistics

/// Tables; on a narrow screen each row is a block of its own, whose cells have their names beside them.
extension Markup {
    /// The head of a column.
    struct Head {
        /// What stands there, as text.
        var name: String
        /// Whether the column has numbers, which stand to the right.
        var isNumber = false
    }

    /// A table of `rows`, which are markup.
    static func table(_ caption: String, _ heads: [Head], rows: [String]) -> String {
        let cells = heads.map {
            "<th scope=\"col\" role=\"columnheader\"\($0.isNumber ? " class=\"number\"" : "")>\(MarkupText.escaped($0.name))</th>"
        }
        return """
            <table role="table">
            <caption>\(MarkupText.escaped(caption))</caption>
            <thead role="rowgroup"><tr role="row">\(cells.joined())</tr></thead>
            <tbody role="rowgroup">
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
            """
    }

    /// A table of text: its heading, then its rows, whose first cell names them; the others are numbers.
    static func table(_ caption: String, _ heading: [String], _ rows: [[String]]) -> String {
        let heads = heading.enumerated().map { Head(name: $1, isNumber: $0 > 0) }
        return table(
            caption, heads,
            rows: rows.map { row in
                let cells = zip(heading, row).dropFirst().map { number($0, MarkupText.escaped($1)) }
                return Self.row(MarkupText.escaped(row.first ?? ""), cells)
            })
    }

    /// A row: its head and its cells, which are markup.
    static func row(_ head: String, _ cells: [String]) -> String {
        "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">\(head)</th>\(cells.joined())</tr>"
    }

    /// A cell with a number, which is markup, in the column of that name.
    static func number(_ column: String, _ content: String) -> String {
        "<td role=\"cell\" class=\"number\" data-name=\"\(MarkupText.escaped(column))\">\(content)</td>"
    }

    /// A cell with a verdict in the column of that name: a sign, a word that a `quiet` cell has only for those who do not see
    /// the sign, and an amount.
    static func verdict(
        _ column: String, style: String, sign: String, word: String, amount: String, isQuiet: Bool
    ) -> String {
        "<td role=\"cell\" class=\"\(style)\" data-name=\"\(MarkupText.escaped(column))\"><span aria-hidden=\"true\">\(sign)</span> "
            + "<span\(isQuiet ? " class=\"unseen\"" : "")>\(word)</span> <span class=\"amount\">\(MarkupText.escaped(amount))</span></td>"
    }

    /// How many there are of each verdict.
    static func tally(_ verdicts: [Verdict]) -> String {
        let items = [Verdict.leak, .inconclusive, .clean].compactMap { verdict in
            let count = verdicts.count { $0 == verdict }
            return count == 0 ? nil : "<li>\(badge(verdict, verdict.rawValue)) \(count)</li>"
        }
        return "<ul class=\"tally\">\(items.joined())</ul>"
    }
}
