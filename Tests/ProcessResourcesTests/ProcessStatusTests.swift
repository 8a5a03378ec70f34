import Glibc
import Testing

@testable import ProcessResources

@Suite("/proc/PID/status")
struct ProcessStatusTests {
    private static let recorded = """
        Name:	node
        Uid:	1000	1001	1002	1003
        SigIgn:	0000000001001000
        SigCgt:	0000000100004602
        THP_enabled:	1

        """

    @Test func fields() throws {
        let bytes = Array(Self.recorded.utf8)
        let status = try ProcessStatus(status: bytes.span)
        #expect(status.user == 1001)
        #expect(status.caughtSignals == 0x1_0000_4602)
    }

    @Test("text without the fields is refused", arguments: ["Uid:\t1000\t1001\n", "SigCgt:\t0000000100004602\n", ""])
    func missing(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: ParseFailure.self) { try ProcessStatus(status: bytes.span) }
    }

    @Test("a process that was started catches nothing and acts as this one's user")
    func live() throws {
        let process = try SpawnedProcess.sleeping()
        let reader = try ProcessReader(pid: process.pid)
        #expect(try reader.user() == geteuid())
        #expect(try reader.name() == "sleep")
        #expect(try !reader.catches(signal: SIGUSR1))
        #expect(try !reader.catches(signal: 0))
    }

    @Test("a listening socket is found with the process that holds it")
    func heldListener() throws {
        let socket = try TestSocket.listening()
        let own = try ProcessReader(pid: getpid())
        #expect(try own.heldListeners().contains { $0.local.port == socket.port })
        let other = try SpawnedProcess.sleeping()
        #expect(try !ProcessReader(pid: other.pid).heldListeners().contains { $0.local.port == socket.port })
    }
}
