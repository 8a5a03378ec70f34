import Glibc
import SystemCalls
import Testing

@testable import Sockets

@Suite("Poller")
struct PollerTests {
    @Test("a descriptor that was removed has no events, though a copy of it is held")
    func copies() throws {
        var poller = try Poller()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let copy = fcntl(reading, F_DUPFD_CLOEXEC, 0)
        try poller.add(reading, key: 7, interest: .readable)
        #expect(write(writing, "x", 1) == 1)
        #expect(try poller.wait(until: .now).count == 1)
        poller.remove(reading)
        close(reading)
        #expect(try poller.wait(until: .now).isEmpty)
        for number in [copy, writing] { close(number) }
        poller.close()
    }
}
