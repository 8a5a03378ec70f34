/// A whole page around what it shows: one file that loads nothing else.
struct PageFrame {
    /// The title, as text.
    var title: String
    /// The body's elements: header, main and footer.
    var body: String
    /// A script, and the number used once that lets it run; nil for a page without one.
    var script: (nonce: String, text: String)?

    /// The document, complete.
    var document: String {
        let nonce = script.map { " nonce=\"\($0.nonce)\"" } ?? ""
        let scripts = script.map { "<script\(nonce)>\n\($0.text)\n</script>\n" } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(MarkupText.escaped(title))</title>
            <style\(nonce)>
            \(PageStyle.sheet)
            </style>
            </head>
            <body>
            \(body)
            \(scripts)</body>
            </html>

            """
    }
}
