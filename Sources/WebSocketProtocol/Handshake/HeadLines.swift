/// The lines of a whole head, whose line endings ``HeadCollector`` has checked (RFC 9112, section 5).
struct HeadLines {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ head: UnsafeRawBufferPointer) { rest = head[...] }

    /// The next line without its ending; empty at the end.
    mutating func next() -> Slice<UnsafeRawBufferPointer> {
        let line = rest.prefix { $0 != 0x0D }
        rest = rest.dropFirst(line.count + 2)
        return line
    }

    /// The lines up to the blank one as fields.
    mutating func fields(limits: HandshakeLimits) throws(HandshakeFailure) -> HTTPFields {
        var fields = HTTPFields()
        while true {
            let line = next()
            guard let first = line.first else { return fields }
            guard first != 0x20, first != 0x09 else { throw HandshakeFailure(.foldedField) }
            guard fields.count < limits.maximumFieldCount else {
                throw HandshakeFailure(.tooManyFields(limit: limits.maximumFieldCount))
            }
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            let value = ASCII.trimmed(line.dropFirst(name.count + 1))
            guard name.count < line.count, ASCII.isToken(name), value.allSatisfy(ASCII.isFieldValueCharacter) else {
                throw HandshakeFailure(.malformedField)
            }
            fields.append(name: Self.text(name), value: Self.text(value))
        }
    }

    static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
    }

    /// The digit of `HTTP/1.x`, nil if `bytes` do not look like a version at all.
    static func minorVersion(_ bytes: Slice<UnsafeRawBufferPointer>) throws(HandshakeFailure) -> Int? {
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8) else { return nil }
        let digits = bytes.dropFirst(5)
        let (major, point, minor) = (digits[digits.startIndex], digits[digits.startIndex + 1], digits.last ?? 0)
        guard ASCII.isDigit(major), point == UInt8(ascii: "."), ASCII.isDigit(minor) else { return nil }
        guard major == UInt8(ascii: "1") else { throw HandshakeFailure(.unsupportedVersion) }
        return Int(minor - UInt8(ascii: "0"))
    }
}
