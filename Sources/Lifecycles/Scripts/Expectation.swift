/// What a message of the target must be like.
public enum Expectation: Hashable, Sendable, Codable {
    /// It contains the text.
    case text(Template)
    /// A part of it matches the regular expression.
    case pattern(String)
    /// It contains these bytes.
    case bytes([UInt8])

    /// Whether `message` is like it, `value` giving what the names of a template stand for.
    ///
    /// A message that is no UTF-8 is searched as the text that it is taken for.
    func matches(_ message: [UInt8], _ patterns: Patterns, _ value: (String) -> String?) -> Bool {
        switch self {
        case .text(let template): message.contains(Array(template.filled(value).utf8))
        case .bytes(let bytes): message.contains(bytes)
        case .pattern(let pattern): patterns.match(pattern, String(decoding: message, as: UTF8.self))
        }
    }
}

/// The regular expressions of one drive, each made once.
final class Patterns {
    private var made: [String: Regex<AnyRegexOutput>] = [:]

    /// Whether `pattern` matches a part of `text`.
    func match(_ pattern: String, _ text: String) -> Bool {
        if made[pattern] == nil { made[pattern] = try? Regex(pattern) }
        guard let regex = made[pattern] else { return false }
        return ((try? regex.firstMatch(in: text)) ?? nil) != nil
    }
}

extension Expectation: CustomStringConvertible {
    /// As a script writes it.
    public var description: String {
        switch self {
        case .text(let template): QuotedText.render(template)
        case .pattern(let pattern): "/\(pattern.replacing("/", with: "\\/"))/"
        case .bytes(let bytes): "bytes \(Hexadecimal.render(bytes))"
        }
    }
}

extension [UInt8] {
    /// Whether `other` stands somewhere in it.
    fileprivate func contains(_ other: [UInt8]) -> Bool {
        guard let first = other.first else { return true }
        guard other.count <= count else { return false }
        return indices.dropLast(other.count - 1).contains { start in
            self[start] == first && self[start..<(start + other.count)].elementsEqual(other)
        }
    }
}
