import Testing

/// What every page must be, read from its text.
struct PageReader {
    let page: String

    /// The tags, in order, with their attributes as written; comments and the style sheet left out.
    var tags: [(name: String, isEnd: Bool, isEmpty: Bool, attributes: String)] {
        let body = page.replacing(#/(?s)<style>.*?</style>/#, with: "").replacing("<!DOCTYPE html>", with: "")
        return body.matches(of: #/<(/?)([a-zA-Z0-9]+)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*(/?)>/#).map {
            (String($0.2), !$0.1.isEmpty, !$0.4.isEmpty, String($0.3))
        }
    }

    private static let void: Set<String> = ["meta", "br"]

    /// Every tag is ended in its place, and every angle bracket belongs to a tag.
    func requireBalanced() {
        var open: [String] = []
        for tag in tags where !tag.isEmpty && !Self.void.contains(tag.name) {
            if tag.isEnd { #expect(open.popLast() == tag.name) } else { open.append(tag.name) }
        }
        #expect(open.isEmpty)
        // The style, its end tag and the document type are what `tags` leaves out.
        #expect(page.count { $0 == "<" } == tags.count + 3)
    }

    /// No script and nothing to load; `http` may stand in text alone.
    func requireSelfContained() {
        #expect(!page.contains("@import") && !page.contains("url(\""))
        #expect(!tags.contains { ["script", "link", "img", "iframe", "object", "use"].contains($0.name) })
        for tag in tags {
            #expect(!tag.attributes.contains(#/\s(src|on[a-z]+)=/#), "\(tag)")
            for match in tag.attributes.matches(of: #/href="([^"]*)"/#) { #expect(match.1.hasPrefix("#")) }
        }
    }

    /// Every link and label leads to something, no name is given twice, and each heading is at most one level below the one
    /// before.
    func requireOutline() {
        let names = page.matches(of: #/\sid="([^"]+)"/#).map { String($0.1) }
        #expect(Set(names).count == names.count)
        for match in page.matches(of: #/(?:href="#|labelledby="|url\(#)([^")]+)/#) {
            #expect(names.contains(String(match.1)), "\(match.0)")
        }
        let levels = page.matches(of: #/<h([1-6])/#).compactMap { Int($0.1) }
        #expect(levels.first == 1 && levels.count { $0 == 1 } == 1)
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 - $0 <= 1 }, "\(levels)")
        #expect(page.count(of: "<section aria-labelledby=") == page.count(of: "<h2 id="))
        #expect(page.contains("<nav aria-label=\"Parts of this page\">"))
        #expect(tags.allSatisfy { $0.name != "th" || $0.isEnd || $0.attributes.contains("scope=") })
    }
}

extension String {
    /// How often `part` is in it.
    func count(of part: String) -> Int { ranges(of: part).count }
}
