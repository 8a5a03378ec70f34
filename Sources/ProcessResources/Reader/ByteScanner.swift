/// Walks once over a line of text that the kernel printed, field by field.
struct ByteScanner: ~Escapable {
    private let bytes: Span<UInt8>
    private(set) var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? { isAtEnd ? nil : bytes[position] }

    @_lifetime(self: copy self)
    mutating func skipSpaces() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    /// Skips `count` fields and the spaces before each.
    @_lifetime(self: copy self)
    mutating func skipFields(_ count: Int) {
        for _ in 0..<count {
            skipSpaces()
            while position < bytes.count, !Self.isSpace(bytes[position]) { position += 1 }
        }
    }

    @_lifetime(self: copy self)
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    @_lifetime(self: copy self)
    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
        position += count
        return true
    }

    /// Reads a decimal number after any spaces.
    @_lifetime(self: copy self)
    mutating func decimal() -> UInt64? {
        skipSpaces()
        let start = position
        var value: UInt64 = 0
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            value = sum
            position += 1
        }
        return position == start ? nil : value
    }

    /// Reads exactly `digits` hexadecimal digits, at most 16.
    @_lifetime(self: copy self)
    mutating func hexadecimal(digits: Int) -> UInt64? {
        guard bytes.count - position >= digits else { return nil }
        var value: UInt64 = 0
        for index in position..<position + digits {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- UInt8(ascii: "0")
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte &- UInt8(ascii: "A") &+ 10
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        position += digits
        return value
    }

    /// The text from here on.
    func rest() -> String { String(bytes: bytes.extracting(position..<bytes.count)) }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

extension String {
    /// Decodes UTF-8, replacing invalid bytes.
    init(bytes: Span<UInt8>) {
        self = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
