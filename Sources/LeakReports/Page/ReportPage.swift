/// The page of a report: what it came to, its parts, and where they are.
struct ReportPage {
    /// What stands below the title of the window, as text.
    var title: String
    /// The kind of report, as text.
    var product: String
    /// The class of the verdict, by which the heading has its color.
    var style: String
    /// The heading, which is markup.
    var heading: String
    /// The parts: a name under which each can be linked to, its title, and its markup.
    var parts: [(name: String, title: String, content: [String])]
    /// What the foot says beside the version, which is markup.
    var foot: String

    /// The document, complete: no network, no script.
    var document: String {
        let sections = parts.map { Markup.section($0.name, $0.title, $0.content) }
        let links = parts.map { "<li><a href=\"#\($0.name)\">\($0.title)</a></li>" }
        let body = """
            <header class="\(style)">
            <p class="product">\(MarkupText.escaped(product))</p>
            \(heading)
            </header>
            <main>
            \(sections.joined(separator: "\n"))
            </main>
            <footer>
            <nav aria-label="Parts of this page"><ul>\(links.joined())</ul></nav>
            <p>Watertight \(ToolVersion.current) · \(foot)</p>
            </footer>
            """
        return PageFrame(title: title, body: body).document
    }
}
