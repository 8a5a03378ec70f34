/// A value of a configuration file, with the place where it stands.
package struct ConfigurationNode: Hashable, Sendable {
    /// A place in a file, both from 1.
    package struct Place: Hashable, Sendable, CustomStringConvertible {
        package var line: Int
        package var column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        /// As compilers write it: `3:5`.
        package var description: String { "\(line):\(column)" }
    }

    /// What stands there.
    package enum Content: Hashable, Sendable {
        /// Nothing, as after a key that ends its line.
        case nothing
        /// A text, a number, `true` or `false`, as it is written.
        case text(String)
        /// Values in order.
        case list([ConfigurationNode])
        /// Values by key, in the order of the file; no key stands twice.
        case mapping([Entry])
    }

    /// A key with its value.
    package struct Entry: Hashable, Sendable {
        package var key: String
        /// Where the key stands.
        package var place: Place
        package var value: ConfigurationNode
    }

    package var content: Content
    package var place: Place

    package init(_ content: Content, at place: Place) {
        self.content = content
        self.place = place
    }

    /// What kind of value it is, for an error.
    package var kind: String {
        switch content {
        case .nothing: "nothing"
        case .text(let text): "\"\(text.count > 40 ? text.prefix(40) + "…" : text[...])\""
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
