/// Columns of text, aligned for a terminal.
package enum TextTable {
    /// A line for each row: every cell but the last is padded to the longest of its column, two spaces stand between.
    package static func lines(_ rows: [[String]]) -> [String] {
        lines(rows.map { $0.map { Cell($0) } }, Style(usesColour: false))
    }

    /// The same of cells that are painted, or stand to the right.
    static func lines(_ rows: [[Cell]], _ style: Style) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].text.count : 0 }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padded(to: $1, style) }.joined(separator: "  ").trimmedAtEnd
        }
    }

    /// A cell of a table.
    struct Cell {
        enum Alignment { case left, right }

        var text: String
        var alignment: Alignment
        var colour: Style.Colour?

        init(_ text: String, _ alignment: Alignment = .left, colour: Style.Colour? = nil) {
            self.text = text
            self.alignment = alignment
            self.colour = colour
        }

        func padded(to width: Int, _ style: Style) -> String {
            let space = String(repeating: " ", count: max(0, width - text.count))
            let painted = colour.map { style.paint(text, $0) } ?? text
            return alignment == .left ? painted + space : space + painted
        }
    }
}
