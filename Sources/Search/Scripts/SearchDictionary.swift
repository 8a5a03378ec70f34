/// What an application understands, for the scripts to say.
package struct SearchDictionary: Hashable, Sendable {
    /// Text messages, templates.
    package var messages: [String] = []
    /// Paths and queries to ask for, templates.
    package var paths: [String] = []

    /// A dictionary of nothing.
    package init() {}

    /// Reads one: each line is a message, or, where it begins with a slash, a path. Empty lines, and those that begin with
    /// `#`, are passed over.
    package init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            if line.hasPrefix("/") { paths.append(String(line)) } else { messages.append(String(line)) }
        }
    }
}
