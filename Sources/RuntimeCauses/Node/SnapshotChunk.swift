/// The text that a message of the inspector carries: `{"method":"HeapProfiler.addHeapSnapshotChunk","params":{"chunk":"..."}}`.
///
/// It is taken straight from the message's bytes: a snapshot comes in thousands of messages, most of it numbers.
enum SnapshotChunk {
    private static let opening = #"{"method":"HeapProfiler.addHeapSnapshotChunk","params":{"chunk":""#

    /// Puts the text in place of what `text` held; false where the message carries none.
    static func read(_ message: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        guard message.starts(with: opening.utf8) else { return false }
        text.reserveCapacity(message.count)
        var unescaping = JSONStringBytes()
        return unescaping.append(message[opening.utf8.count...], to: &text) != nil
    }
}

/// A JSON string that comes in any cut, behind its opening quote (RFC 8259, section 7).
struct JSONStringBytes {
    private enum State {
        case plain
        case escaped
        /// Inside `\u` and four digits, of which so many are left.
        case number(left: Int, value: UInt32)
    }

    private var state = State.plain
    /// The first half of a pair that stands for one character, whose second follows.
    private var high: UInt32?

    /// Appends the string's bytes as UTF-8; the position behind the closing quote, nil where that is still to come.
    mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>, to text: inout [UInt8]) -> Int? {
        var position = bytes.startIndex
        while position < bytes.endIndex {
            let byte = bytes[position]
            switch state {
            case .plain:
                let run = position
                while position < bytes.endIndex, bytes[position] != Self.quote, bytes[position] != Self.backslash {
                    position += 1
                }
                if position > run {
                    endPair(&text)
                    text.append(contentsOf: bytes.base[run..<position])
                }
                guard position < bytes.endIndex else { return nil }
                if bytes[position] == Self.quote {
                    endPair(&text)
                    return position + 1
                }
                state = .escaped
            case .escaped:
                if byte == UInt8(ascii: "u") {
                    state = .number(left: 4, value: 0)
                } else {
                    endPair(&text)
                    text.append(Self.meaning(of: byte))
                    state = .plain
                }
            case .number(let left, let value):
                let value = value << 4 | Self.digit(byte)
                state = left > 1 ? .number(left: left - 1, value: value) : .plain
                if left == 1 { appendUnit(value, to: &text) }
            }
            position += 1
        }
        return nil
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private static func meaning(of letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        default: letter
        }
    }

    private static func digit(_ letter: UInt8) -> UInt32 {
        switch letter {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(letter - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(letter - UInt8(ascii: "A")) + 10
        default: 0
        }
    }

    private mutating func appendUnit(_ unit: UInt32, to text: inout [UInt8]) {
        if let first = high, (0xDC00...0xDFFF).contains(unit) {
            high = nil
            Self.append(0x10000 + (first - 0xD800) << 10 + (unit - 0xDC00), to: &text)
            return
        }
        endPair(&text)
        if (0xD800...0xDBFF).contains(unit) {
            high = unit
        } else {
            Self.append(unit, to: &text)
        }
    }

    /// A half without its other is none.
    private mutating func endPair(_ text: inout [UInt8]) {
        guard high != nil else { return }
        high = nil
        Self.append(0xFFFD, to: &text)
    }

    private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
        text.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    }
}
