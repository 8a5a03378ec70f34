/// Takes one direction of TLS apart into records, and says of each what it is (RFC 8446, sections 4 and 5; RFC 5246, section
/// 7.4).
public struct TLSRecordReader: Sendable {
    /// The beginning of a record's header.
    private var header: [UInt8] = []
    /// How much of the record that came last is still to come.
    private var left = 0
    /// Whether what follows is encrypted, whatever its type says: after change_cipher_spec.
    private var isEncrypted = false

    private static let headerBytes = 5

    /// Begins with the first byte of the connection.
    public init() {}

    /// Whether these bytes may begin a record.
    static func mayBegin(_ bytes: [UInt8]) -> Bool { (20...23).contains(bytes.first ?? 0) }

    /// The records, or parts of one, in the bytes that came next; a header is told once it is whole.
    public mutating func read(_ bytes: [UInt8]) -> [TracePiece] {
        var pieces: [TracePiece] = []
        var rest = bytes[...]
        if left > 0 {
            let part = Array(rest.prefix(left))
            rest = rest.dropFirst(part.count)
            left -= part.count
            let toCome = left > 0 ? ", \(left) to come" : ""
            pieces.append(TracePiece(bytes: part, meaning: "TLS: … \(part.count) bytes more\(toCome)", isText: false))
        }
        rest = (header + rest)[...]
        header = []
        while rest.count >= Self.headerBytes {
            let length = Int(rest[rest.startIndex + 3]) << 8 | Int(rest[rest.startIndex + 4])
            let record = Array(rest.prefix(Self.headerBytes + length))
            rest = rest.dropFirst(record.count)
            left = Self.headerBytes + length - record.count
            let toCome = left > 0 ? ", \(left) to come" : ""
            pieces.append(TracePiece(bytes: record, meaning: meaning(of: record, length) + toCome, isText: false))
        }
        header = Array(rest)
        return pieces
    }

    private mutating func meaning(of record: [UInt8], _ length: Int) -> String {
        let content = record.dropFirst(Self.headerBytes)
        let words = "TLS: \(Self.type(record[0])), \(length) bytes"
        if record[0] == 20 {
            isEncrypted = true
            return words
        }
        if isEncrypted || record[0] == 23 { return words + ", encrypted" }
        switch record[0] {
        case 22 where !content.isEmpty: return words + ": \(Self.messages(Array(content)).joined(separator: ", "))"
        case 21 where content.count == 2: return words + ": \(Self.alert(content[content.startIndex + 1]))"
        default: return words
        }
    }

    private static func type(_ byte: UInt8) -> String {
        switch byte {
        case 20: "change_cipher_spec"
        case 21: "alert"
        case 22: "handshake"
        case 23: "application_data"
        default: "type \(byte)"
        }
    }

    /// The handshake messages in a record, the last of which may be cut.
    private static func messages(_ content: [UInt8]) -> [String] {
        var names: [String] = []
        var position = 0
        while position < content.count {
            names.append(message(content[position]))
            guard position + 4 <= content.count else { break }
            let length = content[position + 1..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            position += 4 + length
        }
        return names
    }

    private static func message(_ byte: UInt8) -> String {
        switch byte {
        case 0: "HelloRequest"
        case 1: "ClientHello"
        case 2: "ServerHello"
        case 4: "NewSessionTicket"
        case 11: "Certificate"
        case 12: "ServerKeyExchange"
        case 13: "CertificateRequest"
        case 14: "ServerHelloDone"
        case 16: "ClientKeyExchange"
        case 20: "Finished"
        case 22: "CertificateStatus"
        default: "part of a message"
        }
    }

    private static func alert(_ byte: UInt8) -> String {
        switch byte {
        case 0: "close_notify"
        case 10: "unexpected_message"
        case 20: "bad_record_mac"
        case 22: "record_overflow"
        case 40: "handshake_failure"
        case 47: "illegal_parameter"
        case 48: "unknown_ca"
        case 50: "decode_error"
        case 70: "protocol_version"
        case 71: "insufficient_security"
        case 80: "internal_error"
        case 100: "no_renegotiation"
        case 120: "no_application_protocol"
        default: "alert \(byte)"
        }
    }
}
