/// UTF-8 validation of text that arrives in pieces (RFC 6455, section 8.1; RFC 3629, section 4).
///
/// Remembers only what the next byte may be: three bytes of state, no copied text. Fails at the first byte
/// after which the text can no longer become valid.
struct UTF8Progress {
    private var missing: UInt8 = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    /// Whether the text so far ends with a whole character.
    var isComplete: Bool { missing == 0 }

    /// Takes the next piece; false if the text cannot be valid any more.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while missing != 0, start < bytes.count {
            guard accept(bytes[start]) else { return false }
            start &+= 1
        }
        guard start < bytes.count else { return true }
        let cut = Self.startOfCutCharacter(in: bytes, from: start)
        guard Self.isValid(UnsafeRawBufferPointer(rebasing: bytes[start..<cut])) else { return false }
        for index in cut..<bytes.count where !accept(bytes[index]) { return false }
        return true
    }

    /// Whether `bytes` are whole, valid characters.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        let units = UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
        return (try? UTF8Span(validating: units.span)) != nil
    }

    /// Where the last character begins if it may be incomplete, otherwise the end.
    private static func startOfCutCharacter(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = bytes.count
        var seen = 0
        while index > start, seen < 3 {
            index &-= 1
            seen &+= 1
            let byte = bytes[index]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            return length > seen ? index : bytes.count
        }
        return bytes.count
    }

    /// One byte against the table of well-formed sequences (Unicode, table 3-7).
    private mutating func accept(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard byte >= lowest, byte <= highest else { return false }
            missing &-= 1
            (lowest, highest) = (0x80, 0xBF)
            return true
        }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, lowest) = (2, 0xA0)
        case 0xED: (missing, highest) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, lowest) = (3, 0x90)
        case 0xF4: (missing, highest) = (3, 0x8F)
        case 0xF1...0xF3: missing = 3
        default: return false
        }
        return true
    }
}
