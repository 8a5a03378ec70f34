import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 8.1: UTF-8")
struct TextTests {
    /// Bytes, and how many of them arrive before the failure.
    static let bad: [([UInt8], Int)] = [
        ([0x80], 1), ([0xBF], 1), ([0xC0], 1), ([0xC1], 1), ([0xF5], 1), ([0xFE], 1), ([0xFF], 1),
        ([0xC2, 0x41], 2), ([0xC2, 0xC2], 2), ([0xE0, 0x80], 2), ([0xE0, 0x9F], 2), ([0xED, 0xA0], 2),
        ([0xED, 0xBF], 2), ([0xF0, 0x80], 2), ([0xF0, 0x8F], 2), ([0xF4, 0x90], 2), ([0xF4, 0xBF], 2),
        ([0xE2, 0x82, 0x41], 3), ([0xE2, 0x82, 0xC2], 3), ([0xF0, 0x9F, 0x98, 0x41], 4), ([0xF0, 0x9F, 0x41], 3),
        ([0x61, 0xC3, 0xA4, 0x80], 4),
        (Array("κόσμε".utf8) + [0xED, 0xA0, 0x80] + Array("edited".utf8), 12),
        (Array("κόσμε".utf8) + [0xF4, 0x90, 0x80, 0x80], 12),
        (Array("a long stretch of plain ASCII before it".utf8) + [0xC0], 40),
    ]

    static let good: [String] = [
        "", "a", "ä", "€", "😀", "κόσμε", "\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}", "\u{D7FF}\u{E000}",
        "Hello-µ@ßöäüàá-UTF-8!! 日本語 😀😀 and a tail of more than thirty-two ASCII bytes",
    ]

    @Test("valid text passes whole and through every cut", arguments: good)
    func valid(text: String) {
        expect(masked(0x81, Array(text.utf8)), give: [.text(text)])
        expect(unmasked(0x81, Array(text.utf8)), role: .client, give: [.text(text)])
    }

    @Test("valid text passes with a character cut between fragments", arguments: good.filter { !$0.isEmpty })
    func validFragments(text: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            let frames = masked(0x01, Array(bytes[..<cut])) + masked(0x89, []) + masked(0x80, Array(bytes[cut...]))
            #expect(outcome(of: [frames], role: .server).events == [.ping([]), .text(text)])
        }
        expect(
            bytes.enumerated().flatMap { masked($0 == 0 ? 0x01 : 0x00, [$1]) } + masked(0x80, []), give: [.text(text)])
    }

    @Test("bad text fails at its first bad byte, before the frame is whole", arguments: bad)
    func failsAtOnce(bytes: [UInt8], count: Int) {
        // The frame announces more than arrives.
        var machine = WebSocketMachine(role: .server)
        var outcome = Outcome()
        feed([0x81, 0x80 | 100, 0, 0, 0, 0], to: &machine, &outcome)
        for (index, byte) in bytes.prefix(count).enumerated() {
            #expect(outcome.events == [], "before byte \(index)")
            feed([byte], to: &machine, &outcome)
        }
        #expect(outcome.events == [.failure(.invalidUTF8)])
        #expect(outcome.replies == failureClose(.invalidUTF8))

        // The same in one read, and in one read with a fragment before.
        let prefix = Array(bytes.prefix(count))
        let incomplete = [0x81, 0x80 | 100, 0, 0, 0, 0] + prefix
        expect(incomplete, give: [.failure(.invalidUTF8)])
        expect(
            masked(0x01, Array(bytes.prefix(count - 1))) + [0x00, 0x80 | 100, 0, 0, 0, 0, prefix[count - 1]],
            give: [.failure(.invalidUTF8)])
    }

    @Test("bad text fails in a whole frame and across fragments of one byte", arguments: bad)
    func failsWhole(bytes: [UInt8], count: Int) {
        expect(masked(0x81, bytes), give: [.failure(.invalidUTF8)])
        expect(unmasked(0x81, bytes), role: .client, give: [.failure(.invalidUTF8)])
        // Every fragment but the last bad one passes without an event.
        for (kept, expected) in [(count - 1, []), (count, [Observed.failure(.invalidUTF8)])] {
            let frames = bytes.prefix(kept).enumerated().flatMap { masked($0 == 0 ? 0x01 : 0x00, [$1]) }
            #expect(outcome(of: [frames], role: .server).events == expected)
        }
    }

    @Test("texts whose frames need a longer length are validated alike")
    func long() {
        let valid = String(repeating: "aé日😀", count: 20)
        let bytes = Array(valid.utf8)
        expect(masked(0x81, bytes), give: [.text(valid)])
        expect(unmasked(0x81, bytes), role: .client, give: [.text(valid)])
        expect(masked(0x81, bytes + [0xED, 0xA0] + bytes), give: [.failure(.invalidUTF8)])
        expect(unmasked(0x81, bytes + [0xC3]), role: .client, give: [.failure(.invalidUTF8)])
    }

    @Test("binary messages are not validated")
    func binary() {
        expect(masked(0x82, [0xFF, 0xC0]), give: [.binary([0xFF, 0xC0])])
        expect(masked(0x02, [0xFF]) + masked(0x80, [0xC0]), give: [.binary([0xFF, 0xC0])])
    }

    @Test("a character cut off by the message's end fails, and the next message starts anew")
    func cutCharacter() {
        for text in ["ä", "€", "😀"] {
            let bytes = Array(text.utf8)
            for count in 1..<bytes.count {
                expect(masked(0x81, Array(bytes[..<count])), give: [.failure(.invalidUTF8)])
                expect(masked(0x01, Array(bytes[..<count])) + masked(0x80, []), give: [.failure(.invalidUTF8)])
            }
        }
    }

    @Test("agrees with the standard library on every sequence of up to three bytes from the critical ones")
    func agreement() {
        let bytes: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        var disagreements: [[UInt8]] = []
        func check(_ sequence: [UInt8]) {
            let expected = String(validating: sequence, as: UTF8.self) != nil
            var whole = UTF8Progress()
            var accepted = sequence.withUnsafeBytes { whole.accept($0) } && whole.isComplete
            if accepted != expected { disagreements.append(sequence) }
            var bytewise = UTF8Progress()
            accepted = sequence.allSatisfy { byte in [byte].withUnsafeBytes { bytewise.accept($0) } }
            if (accepted && bytewise.isComplete) != expected { disagreements.append(sequence) }
        }
        for a in bytes {
            check([a])
            for b in bytes {
                check([a, b])
                for c in bytes {
                    check([a, b, c])
                    check([a, b, c, 0x80])
                    check([0xF0, a, b, c])
                }
            }
        }
        #expect(disagreements == [])
    }
}
