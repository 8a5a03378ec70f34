import Glibc
import SystemCalls
import TestSupport
import Testing

@testable import ProcessResources

@Suite("A signal to a process that is read")
struct SignalTests {
    @Test("ends it; once it is gone there is nobody to send one to, though others may have its number")
    func once() async throws {
        let (process, reader) = try await StartedProcess.idle()
        try reader.signal(0)
        try reader.signal(SIGKILL)
        try #require(await TestSupport.eventually { process.hasEnded })
        #expect(waitpid(process.pid, nil, 0) == process.pid)
        #expect(throws: SystemCallError(.pidfdSendSignal, errno: ESRCH)) { try reader.signal(SIGKILL) }
    }
}
