import ProcessResources
import Testing

@Suite("/proc/PID/net/tcp and tcp6")
struct TCPRowTests {
    private static let listening: String =
        "   0: 0100007F:07E8 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 506 1 "
        + "00000000c6f4b49c 100 0 0 10 0"
    private static let closeWait: String =
        "  12: 0100007F:1F90 0A01A8C0:D431 08 0000001F:00000200 01:00000014 00000002  1000        0 31744 1 "
        + "0000000000000000 20 4 30 10 -1"
    private static let version6: String =
        "   1: 00000000000000000000000001000000:1F90 B80D0120000000000000000002000000:C350 01 00000000:00000000 "
        + "00:00000000 00000000     0        0 18446744073709551615 1 0000000000000000 20 4 30 10 -1"
    private static let heading: String =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

    @Test("a listening row carries its accept queue")
    func listen() throws {
        let row = try #require(TCPRow(recorded: Self.listening.utf8))
        #expect(row.state == .listen)
        #expect(row.local.description == "127.0.0.1:2024")
        #expect(row.remote.description == "0.0.0.0:0")
        #expect(row.inode == 506)
        let listener = try #require(ListenerQueue(row: row))
        #expect(listener.length == 3)
        #expect(listener.inode == 506)
    }

    @Test("a connection's row carries both queues")
    func connection() throws {
        let row = try #require(TCPRow(recorded: Self.closeWait.utf8))
        #expect(row.state == .closeWait)
        #expect(row.remote == TCPEndpoint(address: .v4(0xC0A8_010A), port: 0xD431))
        #expect(row.remote.description == "192.168.1.10:54321")
        #expect(row.transmitQueue == 31)
        #expect(row.receiveQueue == 512)
        #expect(row.inode == 31744)
        #expect(ListenerQueue(row: row) == nil)
    }

    @Test("sixteen bytes of address come in words of the machine's order")
    func words() throws {
        let row = try #require(TCPRow(recorded: Self.version6.utf8))
        #expect(row.local.description == "[::1]:8080")
        #expect(row.remote.description == "[2001:db8::2]:50000")
        #expect(row.inode == .max)
    }

    @Test("a row cut short is no row, wherever it is cut", arguments: [listening, closeWait, version6])
    func truncation(line: String) throws {
        let bytes = Array(line.utf8)
        let complete = try #require(TCPRow(recorded: bytes))
        // A cut must never invent an inode: whatever still parses says the same.
        var refused = 0
        for length in 0..<bytes.count {
            guard let row = TCPRow(recorded: bytes[..<length]) else {
                refused += 1
                continue
            }
            #expect(row == complete)
        }
        #expect(refused > 80)
    }

    @Test(
        "garbage is no row",
        arguments: [
            heading, "", " ", ":", "0:", String(repeating: "F", count: 4096),
            listening.replacing("0100007F", with: "0100G07F"), listening.replacing(":07E8", with: ":07E"),
            listening.replacing(" 0A ", with: " A "), listening.replacing(" 506 ", with: " -506 "),
            listening.replacing(" 506 ", with: " 99999999999999999999 "),
            listening.replacing("0:", with: "0"),
        ])
    func garbage(line: String) {
        #expect(TCPRow(recorded: line.utf8) == nil)
    }
}
