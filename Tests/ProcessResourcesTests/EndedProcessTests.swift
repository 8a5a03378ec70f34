import Glibc
import Testing

@testable import ProcessResources

@Suite("A process that ends")
struct EndedProcessTests {
    /// Every reading that a process can refuse.
    private static let readings: [(String, @Sendable (ProcessReader) throws -> Void)] = [
        ("memory", { _ = try $0.memory() }),
        ("threads", { _ = try $0.threads() }),
        ("descriptorCount", { _ = try $0.descriptorCount() }),
        ("countDescriptors", { _ = try $0.countDescriptors() }),
        ("descriptors", { _ = try $0.descriptors() }),
        ("sample", { _ = try $0.sample() }),
        ("commandLine", { _ = try $0.commandLine() }),
        ("executable", { _ = try $0.executable() }),
        ("children", { _ = try $0.children() }),
        ("listeners", { _ = try $0.listeners(port: 1) }),
        ("runtime", { _ = try $0.runtime() }),
        ("childrenByParent", { _ = try $0.childrenByParent() }),
    ]

    @Test("a zombie says so")
    func zombie() throws {
        let child = try SpawnedProcess(["/bin/true"])
        child.awaitEnd()
        let reader = try ProcessReader(pid: child.pid)
        #expect(try reader.state() == .zombie)
        #expect(!reader.isAlive)
        for (name, read) in Self.readings {
            #expect(throws: ProcessReadFailure.zombie(pid: child.pid), "\(name)") { try read(reader) }
        }
        #expect(throws: ProcessReadFailure.zombie(pid: child.pid)) { _ = try ProcessTree(roots: [child.pid]).members }
    }

    @Test("a process that is gone says so, even when its number is in use again")
    func gone() throws {
        let child = try SpawnedProcess.sleeping()
        let reader = try ProcessReader(pid: child.pid)
        _ = try reader.sample()
        child.endAndCollect()
        #expect(!reader.isAlive)
        for (name, read) in Self.readings {
            #expect(throws: ProcessReadFailure.exited(pid: child.pid), "\(name)") { try read(reader) }
        }
        #expect(throws: ProcessReadFailure.exited(pid: child.pid)) { _ = try reader.state() }
        #expect(throws: ProcessReadFailure.exited(pid: child.pid)) { _ = try reader.openFileLimit() }
        #expect(throws: ProcessReadFailure.noSuchProcess(pid: child.pid)) { _ = try ProcessReader(pid: child.pid) }
    }

    @Test("a process that ends at any moment of a reading is never reported as anything else", arguments: 0..<40)
    func race(round: Int) throws {
        // A little longer each round, so that the end falls everywhere.
        let child = try SpawnedProcess(["/bin/sh", "-c", String(repeating: ":;", count: round * 200) + "exit"])
        let reader = try ProcessReader(pid: child.pid)
        var failure: ProcessReadFailure?
        _ = eventually {
            do throws(ProcessReadFailure) {
                _ = try reader.sample()
                _ = try reader.runtime()
            } catch {
                failure = error
            }
            return failure != nil
        }
        #expect(try #require(failure).meansEnded, "\(failure!)")
    }

    @Test("failures close what they opened")
    func descriptors() throws {
        let child = try SpawnedProcess.sleeping()
        let folder = "/proc/\(child.pid)"
        func held() throws -> Int { try OwnDescriptors.count(under: folder) }

        #expect(try held() == 0)
        let reader = try ProcessReader(pid: child.pid)
        // The check itself can see: the reader holds the folder.
        #expect(try held() == 1)
        for (_, read) in Self.readings { try read(reader) }
        #expect(try held() == 1)
        do {
            var tree = try ProcessTree(roots: [child.pid])
            _ = try tree.sample()
            #expect(try held() == 2)
        }
        #expect(try held() == 1)
        kill(child.pid, SIGKILL)
        child.awaitEnd()
        for (_, read) in Self.readings { #expect(throws: ProcessReadFailure.self) { try read(reader) } }
        #expect(throws: ProcessReadFailure.self) { _ = try ProcessTree(roots: [child.pid]).members }
        #expect(try held() == 1)
        withExtendedLifetime(reader) {}
    }
}
