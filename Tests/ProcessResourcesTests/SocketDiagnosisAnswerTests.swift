import Glibc
import TestSupport
import Testing

@testable import ProcessResources

@Suite("Answers over netlink")
struct SocketDiagnosisAnswerTests {
    private static let done = message(type: 3, payload: native(Int32(0)))
    private static let interrupted: UInt16 = 0x10

    private static func native<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) }
    }

    private static func message(
        type: UInt16 = 20, flags: UInt16 = 2, sequence: UInt32 = 7, payload: [UInt8]
    ) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - payload.count % 4) % 4)
        return native(UInt32(16 + payload.count)) + native(type) + native(flags) + native(sequence) + native(UInt32(0))
            + payload + padding
    }

    /// A connection from port 8080, with an attribute behind it, as the kernel writes it.
    private static func socket(
        family: UInt8 = 2, state: UInt8 = 1, source: [UInt8] = [127, 0, 0, 1],
        destination: [UInt8] = [192, 168, 1, 10],
        queues: (UInt32, UInt32) = (0, 0), inode: UInt32
    ) -> [UInt8] {
        func address(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: 16 - bytes.count) }
        let identity =
            [0x1F, 0x90, 0xD4, 0x31] + address(source) + address(destination) + native(UInt32(0))
            + native(UInt64(0x1234))
        let rest = native(UInt32(0)) + native(queues.0) + native(queues.1) + native(UInt32(1000)) + native(inode)
        return [family, state, 0, 0] + identity + rest + native(UInt16(5)) + native(UInt16(8)) + [0, 0, 0, 0]
    }

    private static func answer(_ datagrams: [UInt8]...) throws(ParseFailure) -> SocketDiagnosisAnswer {
        var answer = SocketDiagnosisAnswer(sequence: 7)
        for datagram in datagrams { try answer.receive(datagram.span.bytes) }
        return answer
    }

    @Test("a socket has its addresses, state, queues and inode")
    func row() throws {
        let socket = Self.socket(state: 8, queues: (512, 31), inode: 31_744)
        let answer = try Self.answer(Self.message(payload: socket) + Self.done)
        #expect(answer.state == .complete)
        #expect(answer.isConsistent)
        let row = try #require(answer.rows.first)
        #expect(answer.rows.count == 1)
        #expect(row.local.description == "127.0.0.1:8080")
        #expect(row.remote.description == "192.168.1.10:54321")
        #expect(row.state == .closeWait)
        #expect(row.receiveQueue == 512)
        #expect(row.transmitQueue == 31)
        #expect(row.inode == 31_744)
    }

    @Test("sixteen bytes of address come in network order")
    func version6() throws {
        let source: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        let destination: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        let socket = Self.socket(family: 10, source: source, destination: destination, inode: .max)
        let row = try #require(try Self.answer(Self.message(payload: socket)).rows.first)
        #expect(row.local.description == "[::1]:8080")
        #expect(row.remote.description == "[2001:db8::2]:54321")
        #expect(row.inode == UInt64(UInt32.max))
    }

    @Test("the backlog of a listening socket is no queue of bytes")
    func listening() throws {
        let socket = Self.socket(state: 10, queues: (3, 128), inode: 506)
        let row = try #require(try Self.answer(Self.message(payload: socket)).rows.first)
        #expect(row.receiveQueue == 3)
        #expect(row.transmitQueue == 0)
    }

    @Test("sockets that nobody holds are passed over, and so are answers to others")
    func passedOver() throws {
        let answer = try Self.answer(
            Self.message(payload: Self.socket(inode: 0)),
            Self.message(sequence: 6, payload: Self.socket(inode: 1)) + Self.message(type: 1, payload: []),
            Self.message(sequence: 6, payload: []) + Self.message(payload: Self.socket(inode: 2)),
            Self.done + [1, 2, 3])
        #expect(answer.rows.map(\.inode) == [2])
        #expect(answer.state == .complete)
    }

    @Test("an answer ends with its last message")
    func unfinished() throws {
        #expect(try Self.answer(Self.message(payload: Self.socket(inode: 1))).state == .unfinished)
        #expect(try Self.answer([]).state == .unfinished)
        #expect(try Self.answer(Self.message(type: 3, payload: [])).state == .complete)
    }

    @Test("a gap is told, whichever message says so", arguments: [0, 1])
    func gap(index: Int) throws {
        let flags: [UInt16] = [index == 0 ? Self.interrupted : 2, index == 1 ? Self.interrupted : 2]
        let answer = try Self.answer(
            Self.message(flags: flags[0], payload: Self.socket(inode: 1)),
            Self.message(type: 3, flags: flags[1], payload: Self.native(Int32(0))))
        #expect(!answer.isConsistent)
        #expect(answer.state == .complete)
    }

    @Test("a refusal carries the kernel's number", arguments: [UInt16(2), 3])
    func refusal(type: UInt16) throws {
        let answer = try Self.answer(Self.message(type: type, payload: Self.native(-ENOENT) + Self.native(UInt64(0))))
        #expect(answer.state == .refused(errno: ENOENT))
    }

    @Test(
        "what is malformed is refused",
        arguments: [
            [1, 2, 3],
            Self.native(UInt32(15)) + Self.done.dropFirst(4),
            Self.native(UInt32.max) + Self.done.dropFirst(4),
            Self.native(UInt32(0)) + Self.done.dropFirst(4),
            Self.message(payload: Array(Self.socket(inode: 1).prefix(71))),
            Self.message(payload: Self.socket(family: 1, inode: 1)),
            Self.message(type: 2, payload: [0, 0]), Self.message(type: 2, payload: Self.native(Int32(0))),
            Self.message(type: 4, payload: []), Self.message(type: 99, payload: []),
        ] as [[UInt8]])
    func malformed(datagram: [UInt8]) {
        #expect(throws: ParseFailure.self) { try Self.answer(datagram) }
    }

    @Test("a datagram cut anywhere invents no socket")
    func cut() throws {
        let whole =
            Self.message(payload: Self.socket(inode: 1)) + Self.message(payload: Self.socket(inode: 2)) + Self.done
        var refused = 0
        for length in 0..<whole.count {
            do throws(ParseFailure) {
                let answer = try Self.answer(Array(whole.prefix(length)))
                #expect(answer.state == .unfinished)
                #expect([[], [1], [1, 2]].contains(answer.rows.map(\.inode)))
            } catch {
                refused += 1
            }
        }
        #expect(refused == whole.count - 3)
    }

    @Test("any bytes at all are read or refused")
    func mutations() {
        var generator = SeededGenerator(seed: 1)
        let whole =
            Self.message(payload: Self.socket(inode: 1)) + Self.message(payload: Self.socket(inode: 2)) + Self.done
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let answer = try? Self.answer(bytes)
            #expect((answer?.rows.count ?? 0) <= 2)
        }
    }
}
