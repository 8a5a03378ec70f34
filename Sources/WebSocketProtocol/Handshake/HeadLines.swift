/// The lines of a whole head, whose line endings ``HeadCollector`` has checked (RFC 9112, section 5).
struct HeadLines {
    private var rest: UnsafeRawBufferPointer

    init(_ head: UnsafeRawBufferPointer) { rest = head }

    /// The next line without its ending; empty at the end.
    mutating func next() -> UnsafeRawBufferPointer {
        let end = Self.index(of: 0x0D, in: rest) ?? rest.count
        let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[min(end + 2, rest.count)...])
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
            guard let colon = Self.index(of: UInt8(ascii: ":"), in: line) else {
                throw HandshakeFailure(.malformedField)
            }
            let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
            let value = UnsafeRawBufferPointer(rebasing: ASCII.trimmed(line[(colon + 1)...]))
            guard ASCII.isToken(name), value.allSatisfy(ASCII.isFieldValueCharacter) else {
                throw HandshakeFailure(.malformedField)
            }
            fields.append(name: Self.text(name), value: Self.text(value))
        }
    }

    /// Where `byte` first stands; every byte of every head goes through here.
    private static func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var index = 0
        while index < bytes.count {
            if base.load(fromByteOffset: index, as: UInt8.self) == byte { return index }
            index &+= 1
        }
        return nil
    }

    static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String { text(UnsafeRawBufferPointer(rebasing: bytes)) }

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
