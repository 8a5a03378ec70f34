import Glibc
import Testing

@testable import SystemCalls

// Numbers are reused by whatever else runs in the process, so these run in one of their own.
@Suite("A descriptor has one owner and one end", .serialized)
struct OwnedDescriptorTests {
    @Test("closed by close(), once")
    func closes() async {
        await #expect(processExitsWith: .success) {
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let descriptor = OwnedDescriptor(owning: number)
            try descriptor.close()
            #expect(fcntl(number, F_GETFD) == -1 && errno == EBADF)
        }
    }

    @Test("closed when the owner lets go")
    func drops() async {
        await #expect(processExitsWith: .success) {
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var before = stat()
            fstat(number, &before)
            do { _ = OwnedDescriptor(owning: number) }
            // Another thread of the process may have taken the number meanwhile.
            var after = stat()
            #expect(fstat(number, &after) == -1 || after.st_ino != before.st_ino)
        }
    }

    @Test("not closed once released")
    func releases() async {
        await #expect(processExitsWith: .success) {
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let released = OwnedDescriptor(owning: number).release()
            #expect(released == number)
            #expect(fcntl(number, F_GETFD) >= 0)
        }
    }

    @Test("a failing close says so and is not repeated")
    func fails() async {
        await #expect(processExitsWith: .success) {
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let descriptor = OwnedDescriptor(owning: number)
            Glibc.close(number)
            var failure: SystemCallError?
            do throws(SystemCallError) { try descriptor.close() } catch { failure = error }
            #expect(failure == SystemCallError(.close, errno: EBADF))
        }
    }
}
