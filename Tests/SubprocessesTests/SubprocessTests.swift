import Glibc
import Subprocesses
import Testing

@Suite("A program that is run to its end")
struct SubprocessTests {
    @Test("a program that does not end is ended with its children")
    func endless() async throws {
        let marker = "61\(getpid())"
        let began = ContinuousClock.now
        let failure = await #expect(throws: SubprocessFailure.self) {
            try await Subprocess.run(["/bin/sh", "-c", "sleep \(marker) & sleep \(marker)"], within: .seconds(1))
        }
        #expect(failure == .timeLimit("/bin/sh"))
        #expect(ContinuousClock.now - began < .seconds(300))
        // A process that was killed is there until the kernel has had time for it.
        var isLeft = true
        while isLeft, ContinuousClock.now - began < .seconds(300) {
            let left = try await Subprocess.run(["/bin/sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null"])
            isLeft = left.output.split(separator: 0).contains { $0.elementsEqual(marker.utf8) }
        }
        #expect(!isLeft)
    }

    @Test("what a child of a program still prints is not waited for")
    func orphan() async throws {
        let finished = try await Subprocess.run(
            ["/bin/sh", "-c", "sleep 600 & echo 5"], within: .seconds(600))
        #expect(finished.outputText == "5\n")
    }

    @Test("what it prints, and how it ends")
    func result() async throws {
        let result = try await Subprocess.run(
            ["sh", "-c", "echo $WORD; echo oops >&2; exit 3"], environment: ["WORD": "tea"])
        #expect(result.outputText == "tea\n" && result.errors == Array("oops\n".utf8))
        #expect(result.status.exitCode == 3 && result.outputTail == "oops; tea")
        let killed = try await Subprocess.run(["sh", "-c", "kill -9 $$"])
        #expect(killed.status.exitCode == nil && killed.status.isKill)
        #expect("\(killed.status)" == "was ended by signal 9 (SIGKILL)")
    }

    @Test("one that is not there, and one that prints for ever")
    func failures() async throws {
        await #expect(throws: SubprocessFailure.notFound("there-is-no-such-program")) {
            try await Subprocess.run(["there-is-no-such-program"])
        }
        await #expect(throws: SubprocessFailure.outputLimit("yes", bytes: 1 << 20)) {
            try await Subprocess.run(["yes"])
        }
    }
}
