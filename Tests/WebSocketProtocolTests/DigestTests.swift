import Testing

@testable import WebSocketProtocol

@Suite("RFC 3174, section 7.3: SHA-1")
struct SHA1Tests {
    static let vectors: [(String, Int, String)] = [
        ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        (
            "0123456701234567012345670123456701234567012345670123456701234567", 10,
            "dea356a2cddd90c7a7ecedc5ebb563934f460452"
        ),
        ("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("a", 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
        ("a", 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
        ("a", 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
    ]

    @Test("test vectors and the lengths around a block's end", arguments: vectors)
    func vector(text: String, repetitions: Int, digest: String) {
        let unit = Array(text.utf8)
        var message: [UInt8] = []
        for _ in 0..<repetitions { message += unit }
        let hexadecimal = SHA1.hash(message).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(hexadecimal.joined() == digest)
    }
}

@Suite("RFC 4648, section 10: Base64")
struct Base64Tests {
    static let vectors: [(String, String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("test vectors, both ways", arguments: vectors)
    func vector(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test("every byte value, both ways")
    func allBytes() {
        let bytes = [UInt8](0...255)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
    }

    @Test(
        "what no encoder writes is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v=", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "-_-_", "Z=g=", "Zmé",
        ])
    func malformed(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}

@Suite("RFC 6455, section 4.2.2: the accept key")
struct HandshakeKeyTests {
    @Test("the example")
    func example() {
        #expect(HandshakeKey.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(HandshakeKey.isValid("dGhlIHNhbXBsZSBub25jZQ=="))
    }

    @Test("16 bytes, no more, no less", arguments: [0, 1, 15, 17, 18, 32])
    func length(count: Int) {
        #expect(HandshakeKey.isValid(Base64.encode([UInt8](repeating: 1, count: 16))))
        #expect(!HandshakeKey.isValid(Base64.encode([UInt8](repeating: 1, count: count))))
    }
}
