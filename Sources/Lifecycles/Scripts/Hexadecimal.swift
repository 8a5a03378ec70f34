/// Bytes as pairs of hexadecimal digits.
package enum Hexadecimal {
    /// The pairs, with `separator` between any two.
    package static func render(_ bytes: some Sequence<UInt8>, separator: String = " ") -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
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
