/// The key of the opening handshake and its answer (RFC 6455, sections 4.1 and 4.2.2).
enum HandshakeKey {
    static let byteCount = 16

    /// Whether `text` is 16 bytes in base64.
    static func isValid(_ text: String) -> Bool {
        text.utf8.count == 24 && Base64.decode(text)?.count == byteCount
    }

    /// The value of Sec-WebSocket-Accept that proves the server read `key`.
    static func accept(for key: String) -> String {
        let proof = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return Base64.encode(SHA1.hash(proof.utf8))
    }
}
