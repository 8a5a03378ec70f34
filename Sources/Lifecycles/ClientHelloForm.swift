import SystemCalls

/// What a peer sends as its ClientHello (RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2).
public enum ClientHelloForm: String, Hashable, Sendable, Codable, CaseIterable {
    /// A whole one that the target can answer.
    case whole
    /// The first half of its record.
    case half
    /// A whole one in records of one byte each (RFC 8446, section 5.1).
    case shards
    /// One that asks for TLS 1.1, which RFC 8996 forbids.
    case oldVersion
    /// One that offers a single suite, which nobody may choose: it does not encrypt.
    case noSharedSuite

    /// The bytes to send; `hello` makes the record that the target can answer.
    func bytes<Failure>(_ hello: () throws(Failure) -> [UInt8]) throws(Failure) -> [UInt8] {
        switch self {
        case .whole: return try hello()
        case .half:
            let whole = try hello()
            return Array(whole.prefix(whole.count / 2))
        case .shards: return Self.cut(try hello())
        case .oldVersion: return Self.written(version: 0x0302, suites: [0xC014, 0xC013, 0x0035, 0x002F])
        // TLS_RSA_WITH_NULL_MD5.
        case .noSharedSuite: return Self.written(version: 0x0303, suites: [0x0001])
        }
    }

    /// Each byte of a record's content in a record of its own.
    private static func cut(_ record: [UInt8]) -> [UInt8] {
        record.dropFirst(5).flatMap { Array(record.prefix(3)) + [0, 1, $0] }
    }

    /// A ClientHello with these suites and without any extension.
    private static func written(version: UInt16, suites: [UInt16]) -> [UInt8] {
        var random = [UInt8](repeating: 0, count: 32)
        random.withUnsafeMutableBytes { KernelRandom.fill($0) }
        let body =
            word(version) + random + [0] + word(UInt16(2 * suites.count)) + suites.flatMap(word)
            // Compression: none.
            + [1, 0]
        let message: [UInt8] = [1, 0] + word(UInt16(body.count)) + body
        return [22, 3, 1] + word(UInt16(message.count)) + message
    }

    private static func word(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
}
