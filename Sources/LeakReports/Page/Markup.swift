import LeakStatistics

/// Pieces of markup that every page is made of.
enum Markup {
    /// A part of the page with its heading.
    static func section(_ identifier: String, _ title: String, _ content: [String]) -> String {
        """
        <section aria-labelledby="\(identifier)">
        <h2 id="\(identifier)">\(title)</h2>
        \(content.joined(separator: "\n"))
        </section>
        """
    }

    /// A card with its heading, which is markup already.
    static func article(_ style: String, _ title: String, _ content: [String]) -> String {
        """
        <article class="card \(style)">
        <h3>\(title)</h3>
        \(content.joined(separator: "\n"))
        </article>
        """
    }

    /// What is folded away until it is asked for; the summary is markup already.
    static func folded(_ summary: String, _ content: [String], isOpen: Bool = false) -> String {
        """
        <details\(isOpen ? " open" : "")>
        <summary>\(summary)</summary>
        \(content.joined(separator: "\n"))
        </details>
        """
    }

    /// A verdict as a sign and a word, in the color of `style`.
    static func badge(_ verdict: Verdict, _ style: String) -> String {
        "<span class=\"badge \(style)\"><span aria-hidden=\"true\">\(verdict.mark)</span> \(verdict.rawValue)</span>"
    }

    /// A plot with its caption, which is markup already.
    static func figure(_ caption: String, _ plot: String?) -> String {
        """
        <figure>
        <figcaption>\(caption)</figcaption>
        \(plot ?? "<p class=\"empty\">nothing was measured</p>")
        </figure>
        """
    }

    /// How large a plot of so many side by side is drawn.
    static func size(ofFigure number: Int, of count: Int) -> PlotFrame.Size {
        count <= 2 || count == 5 && number == 0 ? .large : .small
    }

    /// Plots side by side; of five the first is as large as the four others.
    static func figures(_ figures: [String], identifier: String? = nil) -> String {
        let name = identifier.map { " id=\"\($0)\"" } ?? ""
        return "<div class=\"figures of-\(figures.count)\"\(name)>\n\(figures.joined(separator: "\n"))\n</div>"
    }

    /// What leaks, how it grows and how to see it again, side by side; all of it is markup.
    static func split(_ words: [String], _ figures: [String]) -> String {
        """
        <div class="split">
        <div>
        \(words.filter { !$0.isEmpty }.joined(separator: "\n"))
        </div>
        <div class="figures">
        \(figures.joined(separator: "\n"))
        </div>
        </div>
        """
    }

    /// The amount of a leak with what is known of it; both are text.
    static func leak(_ amount: String, _ facts: [String]) -> String {
        "<p class=\"lead\"><strong>\(MarkupText.escaped(amount))</strong> left by each connection</p>\n" + list(facts)
    }

    /// Facts, one below the other; nothing where there are none.
    static func list(_ facts: [String]) -> String {
        guard !facts.isEmpty else { return "" }
        return "<ul class=\"facts\">\(facts.map { "<li>\(MarkupText.escaped($0))</li>" }.joined())</ul>"
    }

    /// A line to copy below its label; a click selects it whole, so that no script is needed.
    static func command(_ label: String, _ line: String) -> String {
        "<p class=\"label\">\(label)</p>\n<pre class=\"command\"><code>\(MarkupText.escaped(line))</code></pre>"
    }

    /// Names with their values; both are text.
    static func definitions(_ items: [(name: String, value: String)]) -> String {
        let lines = items.map {
            "<div><dt>\(MarkupText.escaped($0.name))</dt><dd>\(MarkupText.escaped($0.value))</dd></div>"
        }
        return "<dl>\n\(lines.joined(separator: "\n"))\n</dl>"
    }
}
