import Testing

@testable import WebSocketProtocol

@Suite("RFC 6455, section 5.3: masking")
struct MaskingTests {
    /// The algorithm as the section writes it.
    private func reference(_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8] {
        bytes.enumerated().map { $1 ^ key[$0 % 4] }
    }

    @Test("every length up to 140, at odd addresses, agrees with the RFC's algorithm")
    func everyLength() {
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        for count in 0...140 {
            for shift in 0..<4 {
                let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
                var bytes = [UInt8](repeating: 0x55, count: shift) + reference(plain, key) + [0x55]
                let ascii = bytes.withUnsafeMutableBytes {
                    Masking.apply(0x3D21_FA37, to: $0.baseAddress! + shift, count: count)
                }
                #expect(Array(bytes[shift..<(shift + count)]) == plain)
                #expect(bytes.last == 0x55, "nothing past the end is touched")
                #expect(ascii == plain.allSatisfy { $0 < 0x80 }, "\(count) bytes")
            }
        }
    }

    @Test("one byte that is not ASCII is seen wherever it stands", arguments: [1, 7, 8, 31, 32, 33, 64, 70])
    func asciiCheck(count: Int) {
        for place in 0..<count {
            var bytes = [UInt8](repeating: 0x41, count: count)
            bytes[place] = 0xC3
            let ascii = bytes.withUnsafeMutableBytes { Masking.apply(0, to: $0.baseAddress!, count: count) }
            #expect(!ascii)
        }
    }

    @Test("a key rotates to the byte where a cut payload goes on")
    func rotation() {
        #expect(Masking.rotate(0x4433_2211, by: 0) == 0x4433_2211)
        #expect(Masking.rotate(0x4433_2211, by: 1) == 0x1144_3322)
        #expect(Masking.rotate(0x4433_2211, by: 2) == 0x2211_4433)
        #expect(Masking.rotate(0x4433_2211, by: 3) == 0x3322_1144)
        #expect(Masking.rotate(0x4433_2211, by: 4) == 0x4433_2211)
        #expect(Masking.rotate(0x4433_2211, by: 4097) == 0x1144_3322)
    }

    @Test("masked payloads survive every cut and every pair of cuts")
    func cutPayload() {
        let plain = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ".utf8)
        let bytes = [0x82, 0x80 | UInt8(plain.count), 1, 2, 3, 4] + reference(plain, [1, 2, 3, 4])
        expect(bytes, give: [.binary(plain)])
        for first in 1..<bytes.count - 1 {
            for second in first + 1..<bytes.count {
                let pieces = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                let result = outcome(of: pieces, role: .server)
                guard result.events == [.binary(plain)] else {
                    Issue.record("cut at \(first) and \(second): \(result.events)")
                    return
                }
            }
        }
    }

    @Test("a client masks every frame, each with a fresh key")
    func freshKeys() {
        var counter: UInt8 = 0
        let keys = MaskingKeySource { pool in
            for index in pool.indices {
                pool[index] = index % 4 == 0 ? counter : 0; if index % 4 == 3 { counter &+= 1 }
            }
        }
        var machine = WebSocketMachine(role: .client, maskingKeys: keys)
        var output = ByteQueue()
        #expect(machine.appendMessage(.text, Array("a".utf8), into: &output))
        #expect(machine.appendMessage(.text, Array("a".utf8), into: &output))
        #expect(array(output) == [0x81, 0x81, 0, 0, 0, 0, 0x61, 0x81, 0x81, 1, 0, 0, 0, 0x60])
    }

    @Test("the pool of keys is filled in bulk, once for 256")
    func pool() {
        var fills = 0
        let keys = MaskingKeySource { pool in
            fills += 1
            #expect(pool.count == 1024)
            for index in pool.indices { pool[index] = UInt8(fills) }
        }
        #expect(fills == 0)
        for _ in 0..<256 { #expect(keys.next() == 0x0101_0101) }
        #expect(keys.next() == 0x0202_0202)
        #expect(fills == 2)
    }

    @Test("the system's keys differ")
    func systemKeys() {
        let keys = MaskingKeySource()
        let drawn = Set((0..<600).map { _ in keys.next() })
        #expect(drawn.count > 590)
    }
}
