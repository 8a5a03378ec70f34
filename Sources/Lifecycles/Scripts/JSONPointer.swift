/// A place in a JSON text (RFC 6901): `/payload/session`, `/0/id`.
public struct JSONPointer: Hashable, Sendable, Codable {
    /// The keys and indices that lead to it; none for the whole.
    public let keys: [String]

    /// The pointer that is written as `text`; nil if it is none, because one begins with a slash.
    public init?(_ text: some StringProtocol) {
        guard text.isEmpty || text.first == "/" else { return nil }
        keys = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// The value at this place in `message`: a string without its quotation marks, anything else as it is written.
    ///
    /// What stands before the first brace or bracket is no part of the JSON: frameworks put digits there. Nil where there
    /// is nothing at the place, or the JSON is broken before it.
    func value(in message: [UInt8]) -> String? {
        guard let start = message.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }) else {
            return nil
        }
        var scanner = JSONScanner(message[start...])
        for key in keys {
            guard scanner.enter(key) else { return nil }
        }
        return scanner.value()
    }
}

extension JSONPointer: CustomStringConvertible {
    /// As it is written.
    public var description: String {
        keys.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}

/// Reads JSON up to a place that is looked for (RFC 8259); never deeper than a bound, never beyond the text.
private struct JSONScanner {
    private var rest: ArraySlice<UInt8>
    private static let deepest = 128

    init(_ text: ArraySlice<UInt8>) { rest = text }

    /// Moves to the value under `key` of the object, or at that index of the array, that begins here.
    mutating func enter(_ key: String) -> Bool {
        switch peek() {
        case UInt8(ascii: "{"):
            rest.removeFirst()
            while let name = string() {
                guard take(":") else { return false }
                if name == key { return true }
                guard skip(), take(",") else { return false }
            }
            return false
        case UInt8(ascii: "["):
            guard let index = Int(key), index >= 0 else { return false }
            rest.removeFirst()
            for _ in 0..<index { guard skip(), take(",") else { return false } }
            return peek() != UInt8(ascii: "]")
        default: return false
        }
    }

    /// The value that begins here.
    mutating func value() -> String? {
        if peek() == UInt8(ascii: "\"") { return string() }
        let start = rest
        guard skip() else { return nil }
        return String(decoding: start[..<rest.startIndex], as: UTF8.self)
    }

    private mutating func peek() -> UInt8? {
        rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return rest.first
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: sign) else { return false }
        rest.removeFirst()
        return true
    }

    /// Moves behind the value that begins here; false if none does.
    private mutating func skip() -> Bool {
        var depth = 0
        repeat {
            switch peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= Self.deepest else { return false }
                rest.removeFirst()
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return false }
                depth -= 1
                rest.removeFirst()
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { return false }
                rest.removeFirst()
            case UInt8(ascii: "\""): guard string() != nil else { return false }
            case nil: return false
            default: rest = rest.drop { !Array(",:]}[{\" \t\r\n".utf8).contains($0) }
            }
        } while depth > 0
        return true
    }

    /// The string that begins here, and moves behind it.
    private mutating func string() -> String? {
        guard peek() == UInt8(ascii: "\"") else { return nil }
        rest.removeFirst()
        var units: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(decoding: units, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                units.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "u"):
                guard let unit = codeUnit() else { return nil }
                if UTF16.isLeadSurrogate(unit), rest.starts(with: Array("\\u".utf8)) {
                    rest = rest.dropFirst(2)
                    guard let second = codeUnit() else { return nil }
                    units += Array(String(decoding: [unit, second], as: UTF16.self).utf8)
                } else {
                    units += Array(String(decoding: [unit], as: UTF16.self).utf8)
                }
            case let plain?: units.append(plain)
            case nil: return nil
            }
        }
        return nil
    }

    private mutating func codeUnit() -> UInt16? {
        let digits = rest.prefix(4)
        rest = rest.dropFirst(4)
        return digits.count == 4 ? UInt16(String(decoding: digits, as: UTF8.self), radix: 16) : nil
    }
}
