import Glibc
import SystemCalls
import Testing

@testable import Subprocesses

@Suite("A program with a guardian leaves nothing behind", .serialized)
struct GuardedProcessTests {
    /// A shell that has a daemon, forked twice, and a child with a session of its own, and prints their numbers.
    private static let family = """
        (setsid sh -c 'echo $$; exec sleep 1000' &)
        setsid sh -c 'echo $$; exec sleep 1000' &
        """

    /// A program that was started, with what it prints.
    private struct Started {
        let process: GuardedProcess
        private let output: Int32

        init(_ script: String) throws {
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
            output = ends[0]
            process = try GuardedProcess(["sh", "-c", script], output: ends[1], errors: STDERR_FILENO)
            close(ends[1])
        }

        /// The numbers it prints, one a line.
        func numbers(_ count: Int) -> [Int32] {
            var text = ""
            var buffer = [UInt8](repeating: 0, count: 256)
            while text.count(where: { $0 == "\n" }) < count {
                let received = read(output, &buffer, buffer.count)
                guard received > 0 else { break }
                text += String(decoding: buffer[..<received], as: UTF8.self)
            }
            return text.split(separator: "\n").compactMap { Int32($0) }
        }

        func end() {
            process.end()
            close(output)
        }
    }

    private func isAlive(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

    private func status(of process: GuardedProcess) async throws -> TerminationStatus? {
        let limit = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < limit {
            if let status = process.status() { return status }
            await Task.yield()
        }
        return nil
    }

    @Test("a daemon that forked twice and a child with its own session end with it, and another program does not")
    func family() throws {
        let family = try Started(Self.family + "\nwait")
        let other = try Started(Self.family + "\nwait")
        let (strays, others) = (family.numbers(2), other.numbers(2))
        #expect(strays.count == 2 && others.count == 2)
        #expect((strays + others).allSatisfy(isAlive))
        family.end()
        #expect(!(strays + [family.process.pid, family.process.guardian]).contains(where: isAlive))
        #expect((others + [other.process.pid]).allSatisfy(isAlive))
        other.end()
        #expect(!others.contains(where: isAlive))
    }

    @Test("what a program that has ended leaves behind ends as well")
    func leftBehind() async throws {
        let started = try Started(Self.family + "\nexit 3")
        let strays = started.numbers(2)
        #expect(try await status(of: started.process)?.exitCode == 3)
        #expect(strays.allSatisfy(isAlive))
        started.end()
        #expect(!strays.contains(where: isAlive))
    }

    @Test("how it ended is told, also after the end")
    func statuses() async throws {
        let killed = try Started("kill -SEGV $$")
        #expect(try await status(of: killed.process)?.word == SIGSEGV)
        killed.end()
        let ended = try Started("exec sleep 1000")
        #expect(ended.process.status() == nil)
        ended.end()
        #expect(ended.process.status()?.isKill == true)
    }

    @Test("a signal reaches the group of a program that has ended until its end is asked for, and nobody after that")
    func number() async throws {
        let started = try Started("sleep 1000 & exit 3")
        #expect(try await status(of: started.process)?.exitCode == 3)
        // What it left behind is in its group, and with that gone the number is still nobody else's.
        #expect(started.process.signal(SIGKILL))
        for _ in 0..<3 {
            #expect(kill(-started.process.pid, 0) == 0)
            #expect(started.process.signal(SIGTERM))
        }
        started.end()
        #expect(!started.process.signal(SIGTERM))
        #expect(!isAlive(started.process.pid))
    }

    @Test("a guardian that was killed guards no number")
    func unguarded() async throws {
        let started = try Started("exec sleep 1000")
        kill(started.process.guardian, SIGKILL)
        #expect(try await status(of: started.process)?.isKill == true)
        #expect(!started.process.signal(SIGTERM))
        started.end()
    }

    @Test("a command that was ended signals nobody, however often it is asked to end")
    func endedCommand() throws {
        let command = try RunningCommand(["sleep", "1000"])
        let pid = command.pid
        command.terminateAndWait()
        #expect(!isAlive(pid) && command.processes.isEmpty)
        command.terminate()
        command.kill()
        command.terminateAndWait()
    }

    @Test("a guardian that is killed takes the program with it")
    func guardianKilled() async throws {
        let started = try Started("echo $$; exec sleep 1000")
        #expect(started.numbers(1) == [started.process.pid])
        kill(started.process.guardian, SIGKILL)
        #expect(try await status(of: started.process)?.isKill == true)
        started.end()
    }

    @Test("a program that is not there")
    func absent() {
        #expect(throws: SystemCallError(.execve, errno: ENOENT)) {
            try GuardedProcess(["there-is-no-such-program"], output: STDERR_FILENO, errors: STDERR_FILENO)
        }
    }
}
