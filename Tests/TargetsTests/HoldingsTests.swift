import Glibc
import Subprocesses
import SystemCalls
import Testing

@testable import Targets

@Suite("What each process of a target holds")
struct HoldingsTests {
    /// A socket of this process that listens, closed when it goes out of scope.
    private final class Listener {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let port: UInt16

        init() {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let number = number
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    _ = bind(number, generic, length)
                    _ = listen(number, 8)
                    _ = getsockname(number, generic, &length)
                }
            }
            port = UInt16(bigEndian: address.sin_port)
        }

        deinit { close(number) }
    }

    @Test("two processes, by number and name")
    func two() async throws {
        let listener = Listener()
        let silence = try OwnedDescriptor(opening: "/dev/null", flags: O_RDWR)
        let started = try (0..<2).map { _ in
            try GuardedProcess(["sleep", "1000"], output: silence.rawValue, errors: silence.rawValue)
        }
        defer { for process in started { process.end() } }
        let target = try await Target.running(
            pids: started.map(\.pid), url: "ws://127.0.0.1:\(listener.port)/")
        let holdings = try target.holdings()
        #expect(holdings.map(\.pid) == started.map(\.pid))
        #expect(holdings.allSatisfy { $0.name == "sleep" && $0.descriptors >= 3 && $0.privateBytes > 4096 })
        #expect(ProcessGain.gains(from: holdings, to: try target.holdings()).isEmpty)
        kill(started[0].pid, SIGKILL)
        #expect(throws: TargetLost.self) {
            while true { _ = try target.holdings() }
        }
    }
}
