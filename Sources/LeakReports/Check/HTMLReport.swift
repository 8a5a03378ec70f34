public import LeakCheck
import LeakStatistics

/// A check's result as one self-contained HTML page: no network, no script.
public struct HTMLReport {
    /// The page, complete.
    public static func render(_ result: CheckResult) -> String {
        let page = CheckPage(result: result)
        let parts = page.parts
        let sections = parts.map { Markup.section($0.part.rawValue, $0.part.title, $0.content) }
        let body = """
            <header class="\(page.style)">
            <p class="product">Watertight leak check</p>
            \(page.heading)
            </header>
            <main>
            \(sections.joined(separator: "\n"))
            </main>
            <footer>
            <nav aria-label="Parts of this page">\(links(to: parts.map(\.part)))</nav>
            <p>Watertight \(ToolVersion.current) · seed \(result.seed) · <code>watertight check --help</code></p>
            </footer>
            """
        return PageFrame(title: "\(result.verdict.rawValue): \(result.target) – Watertight", body: body).document
    }

    private static func links(to parts: [CheckPage.Part]) -> String {
        "<ul>\(parts.map { "<li><a href=\"#\($0.rawValue)\">\($0.title)</a></li>" }.joined())</ul>"
    }
}
