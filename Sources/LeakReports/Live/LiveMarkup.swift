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

    /// Text as a list of short facts in one line.
    static func facts(_ words: [String]) -> String {
        "<ul class=\"tally\">\(words.filter { !$0.isEmpty }.map { "<li>\(MarkupText.escaped($0))</li>" }.joined())</ul>"
    }
}
