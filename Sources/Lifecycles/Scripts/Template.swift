/// A text in which names in braces stand for what differs from connection to connection: `join {n}`.
///
/// `{n}` is the connection's number, `{lifecycle}` the lifecycle's name, `{line}` the connection's line of the values,
/// `{path}` the path of its handshake; every other name is what `capture` took from a message. Braces around anything but a
/// name are text, so that JSON can be written as it is.
public struct Template: Hashable, Sendable, Codable {
    /// A piece of a template.
    public enum Part: Hashable, Sendable, Codable {
        /// Text that stands for itself.
        case text(String)
        /// The value of that name.
        case value(String)
    }

    /// The pieces in order; no two texts follow each other.
    public private(set) var parts: [Part] = []

    /// The names that every connection has a value for.
    public static let commonNames = ["n", "lifecycle", "line", "path"]

    /// A template without text.
    public init() {}

    /// The template of `text`, in which names in braces stand for values.
    public init(_ text: some StringProtocol) {
        var rest = Substring(text)
        while let brace = rest.firstIndex(of: "{") {
            append(text: rest[..<brace])
            let inside = rest[rest.index(after: brace)...]
            let name = inside.prefix { $0.isPartOfName }
            if name.first?.beginsName == true, inside[name.endIndex...].first == "}" {
                parts.append(.value(String(name)))
                rest = inside[name.endIndex...].dropFirst()
            } else {
                append(text: "{")
                rest = inside
            }
        }
        append(text: rest)
    }

    /// Appends text that stands for itself.
    public mutating func append(text: some StringProtocol) {
        guard !text.isEmpty else { return }
        if case .text(let before)? = parts.last {
            parts[parts.count - 1] = .text(before + text)
        } else {
            parts.append(.text(String(text)))
        }
    }

    /// Appends what another template has.
    public mutating func append(_ other: Template) {
        for part in other.parts {
            if case .text(let text) = part { append(text: text) } else { parts.append(part) }
        }
    }

    /// The names that stand in it, in order.
    public var names: [String] {
        parts.compactMap { if case .value(let name) = $0 { name } else { nil } }
    }

    /// The text, each name replaced by what `value` gives for it; a name without a value stays as it is written.
    public func filled(_ value: (String) -> String?) -> String {
        // Most have one part, and are filled for every message.
        if parts.count == 1 {
            switch parts[0] {
            case .text(let text): return text
            case .value(let name): return value(name) ?? "{\(name)}"
            }
        }
        return parts.map { part in
            switch part {
            case .text(let text): text
            case .value(let name): value(name) ?? "{\(name)}"
            }
        }.joined()
    }
}

extension Template: CustomStringConvertible {
    /// The template as it is written where nothing must be escaped.
    public var description: String { filled { _ in nil } }
}

extension Character {
    /// Whether a name may begin with it.
    var beginsName: Bool { isASCII && isLetter || self == "_" }

    /// Whether a name may contain it.
    var isPartOfName: Bool { beginsName || isASCII && isNumber || self == "-" }
}
