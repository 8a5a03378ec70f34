import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("Memory is bounded whatever arrives")
struct MemoryBoundTests {
    /// The most that a machine may hold: twice the largest message (see ``MessageLimits``), or the least allocation,
    /// and a control frame.
    static func largestCapacity(_ limits: MessageLimits) -> Int { max(64, 2 * limits.maximumMessageBytes) + 2 * 64 }

    @Test("no prefix of any input makes a machine hold more than its limits say", arguments: PropertyTests.seeds)
    func boundedMemory(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<60 {
            let limit = [0, 1, 63, 64, 65, 200, 500].randomElement(using: &generator)!
            let limits = MessageLimits(maximumFrameBytes: 310, maximumMessageBytes: limit)
            let deflate = round % 2 == 0 ? nil : PropertyTests.agreements.randomElement(using: &generator)
            let bytes = GarbageTests.frames(using: &generator)
            var machine = WebSocketMachine(role: .server, limits: limits, deflate: deflate)
            var result = Outcome()
            for (index, piece) in pieces(of: bytes, upTo: 9, using: &generator).enumerated() {
                feed(piece, to: &machine, &result)
                guard result.bufferedCapacity <= Self.largestCapacity(limits) else {
                    Issue.record(
                        "seed \(seed), round \(round), piece \(index): \(result.bufferedCapacity) bytes of \(limit)")
                    return
                }
            }
        }
    }

    @Test("an announced length costs nothing before its bytes arrive", arguments: [126, 127] as [UInt8])
    func announcement(length: UInt8) {
        let size: [UInt8] = length == 126 ? [0xFF, 0xFF] : [0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF]
        var machine = WebSocketMachine(role: .server)
        var result = Outcome()
        feed([0x82, 0x80 | length] + size + [1, 2, 3, 4, 5], to: &machine, &result)
        #expect(result.events.isEmpty && result.bufferedCapacity == 64)
    }

    @Test("a bomb of 1000 to 1 is refused with 1009, in bounded memory", arguments: [1, 1000, 16_384, 65_536])
    func bomb(limit: Int) {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let deflater = Deflater(windowBits: 15, level: 9, memoryLevel: 9)
        var payload = ByteQueue()
        zeros.withUnsafeBytes { deflater.compress($0, keepsContext: false, into: &payload) }
        #expect(payload.count * 1000 < zeros.count)

        var message = ByteQueue()
        let verdict = payload.withUnsafeBytes {
            Inflater(windowBits: 15).decompress($0, limit: limit, keepsContext: true, into: &message)
        }
        #expect(verdict == .tooBig && message.count == limit + 1)
        #expect(message.capacity <= max(64, 2 * limit))

        // The compressed payload itself is within the larger limits.
        let limits = MessageLimits(maximumFrameBytes: 1 << 20, maximumMessageBytes: limit)
        let frame = masked(0xC2, array(payload))
        for way in [[frame], stride(from: 0, to: frame.count, by: 100).map { Array(frame[$0...].prefix(100)) }] {
            var machine = WebSocketMachine(
                role: .server, limits: limits, deflate: PropertyTests.agreement(takeover: true, bits: 15))
            var result = Outcome()
            for piece in way {
                feed(piece, to: &machine, &result)
                #expect(result.bufferedCapacity <= Self.largestCapacity(limits))
            }
            #expect(result.events == [.failure(.messageTooBig(limit: limit))])
            #expect(result.replies == failureClose(.messageTooBig(limit: limit)))
            #expect(result.replies[2...3] == [0x03, 0xF1], "1009")
            #expect(result.bufferedCapacity == 0)
        }
    }
}
