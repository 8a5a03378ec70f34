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

/// Bytes as pairs of hexadecimal digits.
enum Hexadecimal {
    /// The pairs, separated by spaces.
    static func render(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    /// The bytes of pairs of digits, spaces between any two pairs; nil if they are none.
    static func parse(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            guard word.utf8.count.isMultiple(of: 2), word.allSatisfy(\.isHexDigit) else { return nil }
            var digits = word[...]
            while !digits.isEmpty {
                guard let byte = UInt8(digits.prefix(2), radix: 16) else { return nil }
                bytes.append(byte)
                digits = digits.dropFirst(2)
            }
        }
        return bytes
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
