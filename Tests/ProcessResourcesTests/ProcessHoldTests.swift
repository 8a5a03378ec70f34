import Glibc
import SystemCalls
import Testing

@testable import ProcessResources

@Suite("Holding a process still", .serialized)
struct ProcessHoldTests {
    /// A process that counts in memory, in four threads.
    private static func counting() throws -> SpawnedProcess {
        let text = """
            import threading, sys
            def work():
                while True: pass
            for _ in range(3): threading.Thread(target=work, daemon=True).start()
            work()
            """
        return try SpawnedProcess(["/usr/bin/env", "python3", "-c", text])
    }

    /// What the threads of the process are doing while it is held.
    private static func heldStates(_ process: ProcessReader) throws(SystemCallError) -> [ProcessState] {
        let hold = try ProcessHold(process)
        let ids = (try? process.threadIDs()) ?? []
        let states = ids.compactMap { id -> ProcessState? in
            guard let text = try? process.contents(of: "task/\(id)/stat") else { return nil }
            return try? ProcessStat(stat: text.span).state
        }
        hold.release()
        return states
    }

    @Test("all its threads stand still until it is released, and go on then")
    func threads() async throws {
        let spawned = try Self.counting()
        let process = try ProcessReader(pid: spawned.pid)
        try #require(eventually { (try? process.threads()) == 4 && (try? process.isBusy()) == true })
        let held = try await Thread.run("hold") { () throws(SystemCallError) in try Self.heldStates(process) }.get()
        #expect(held == [.traced, .traced, .traced, .traced])
        #expect(eventually { (try? process.isBusy()) == true })
    }

    @Test("a process that sleeps is not busy, and sleeps on")
    func sleeping() async throws {
        let spawned = try SpawnedProcess.sleeping()
        let process = try ProcessReader(pid: spawned.pid)
        try #require(eventually { (try? process.state()) == .sleeping })
        _ = try await Thread.run("hold") { () throws(SystemCallError) in try ProcessHold(process).release() }.get()
        #expect(eventually { (try? process.state()) == .sleeping })
        #expect(try !process.isBusy())
    }

    @Test("one that another holds cannot be held, and is left alone")
    func taken() async throws {
        let spawned = try SpawnedProcess.sleeping()
        let process = try ProcessReader(pid: spawned.pid)
        let second = try await Thread.run("hold") { () throws(SystemCallError) in try Self.secondFailure(process) }
            .get()
        #expect(second == SystemCallError(.ptrace, errno: EPERM))
        #expect(eventually { (try? process.state()) == .sleeping })
    }

    @Test("one that is gone is said to be")
    func gone() async throws {
        let spawned = try SpawnedProcess(["/bin/true"])
        let process = try ProcessReader(pid: spawned.pid)
        _ = spawned.exitCode()
        let failure = try await Thread.run("hold") { () throws(SystemCallError) in Self.failure(process) }.get()
        #expect(failure != nil)
    }

    /// Why the process cannot be held while it is held already.
    private static func secondFailure(_ process: ProcessReader) throws(SystemCallError) -> SystemCallError? {
        let first = try ProcessHold(process)
        let second = failure(process)
        first.release()
        return second
    }

    /// Why the process cannot be held; nil if it can.
    private static func failure(_ process: ProcessReader) -> SystemCallError? {
        do throws(SystemCallError) {
            try ProcessHold(process).release()
            return nil
        } catch {
            return error
        }
    }
}
