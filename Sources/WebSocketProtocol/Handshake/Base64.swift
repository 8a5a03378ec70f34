/// Base64 with padding, as keys are written in (RFC 4648, section 4).
enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
            var end = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                var value = UInt32(bytes[start]) << 16
                if start + 1 < bytes.count { value |= UInt32(bytes[start + 1]) << 8 }
                if start + 2 < bytes.count { value |= UInt32(bytes[start + 2]) }
                for place in 0..<4 {
                    let digit = Int(value >> UInt32(18 - 6 * place) & 0x3F)
                    text[end] = start + place <= bytes.count ? alphabet.utf8Start[digit] : UInt8(ascii: "=")
                    end += 1
                }
            }
            return end
        }
    }

    /// The bytes of `text`, or nil unless it is exactly what ``encode(_:)`` makes of them.
    ///
    /// No white space, no missing padding, no stray bits (section 3.5).
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        let padding = digits.count - (digits.lastIndex { $0 != UInt8(ascii: "=") } ?? -1) - 1
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits.dropLast(padding) {
            guard let value = value(of: digit) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
                pending &= 1 << bits - 1
            }
        }
        return pending == 0 ? bytes : nil
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
