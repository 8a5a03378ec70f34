import Foundation
import SystemCalls
import Testing

@testable import watertight

@Suite("Standard streams", .serialized)
struct StreamTests {
    /// The exit code and stderr of the tool under a shell's `redirection`.
    private func run(_ arguments: [String], _ redirection: String) async throws -> Tool.Finished {
        try await Running.shell("\"$@\" \(redirection)", arguments).finish(within: 600)
    }

    @Test(
        "what cannot be written to stdout is an error, whatever it was",
        arguments: [["lifecycles"], ["--help"], ["--version"], ["environment", "--format", "json"], ["scenario"]])
    func full(arguments: [String]) async throws {
        let end = try await run(arguments, ">/dev/full")
        #expect(end.code == 70)
        #expect(end.errors == "watertight: cannot write to stdout: No space left on device\n")
        let closed = try await run(arguments, ">&-")
        #expect(closed.code == 70)
        #expect(closed.errors.contains("cannot write to stdout: Bad file descriptor"))
    }

    @Test("a report that is lost is an error whatever the verdict, and the other files are complete")
    func lostReport() async throws {
        let folder = try ReportFileTests.Folder()
        let options = ["check", "--budget", "5", "--lifecycle", "bare-tcp", "--junit", folder.path("junit")]
        for redirection in [">/dev/full", ">&-"] {
            let end = try await run(options + ["--record", folder.path("record")], redirection)
            #expect(end.code == 70)
            #expect(end.errors.contains("cannot write to stdout"))
            #expect(try folder.text("junit").hasSuffix("</testsuites>\n"))
            // A file must not be opened in the place of the stream, and get what is printed.
            #expect(try folder.text("record").split(separator: "\n").allSatisfy { $0.hasPrefix("{") })
        }
    }

    @Test("errors are told on stderr, and one that cannot be told there changes nothing")
    func errors() async throws {
        let usage = try await run(["check", "--budget", "soon"], ">/dev/full")
        #expect(usage.code == 64)
        #expect(usage.errors.contains("--budget"))
        let silent = try await run(["lifecycles"], "2>/dev/full")
        #expect(silent.code == 0 && !silent.output.isEmpty)
    }

    @Test("a reader that leaves early is no error")
    func early() async throws {
        let running = try Running(["check", "--help"], pipedInto: "exec <&-; true")
        #expect(try await running.finish(within: 600).code == 0)
        let code = try await run(["lifecycles"], "| true; exit ${PIPESTATUS[0]}")
        #expect(code.code == 0)
        #expect(code.errors.isEmpty)
    }

    @Test("a pipe that does not block gets everything, however slowly it is read")
    func nonblocking() throws {
        let text = String(repeating: "a line of a report\n", count: 20_000)
        let pipe = Pipe()
        let writing = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
        let failure = Locked<Int32?>(EIO)
        let thread = Thread {
            failure.set(WholeWrite.write(text, to: writing))
            try? pipe.fileHandleForWriting.close()
        }
        thread.start()
        let read = pipe.fileHandleForReading.readDataToEndOfFile()
        #expect(String(decoding: read, as: UTF8.self) == text)
        #expect(failure.value == nil)
    }

    @Test("a pipe that does not block and that nobody reads is waited for no longer than the limit")
    func stalled() {
        let pipe = Pipe()
        let writing = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
        let text = String(repeating: "x", count: 1 << 20)
        #expect(WholeWrite.write(text, to: writing, stallLimit: .milliseconds(50)) == EAGAIN)
        withExtendedLifetime(pipe) {}
    }

    @Test(
        "a dumb terminal gets no escapes, neither colors nor the line of progress",
        .enabled(if: isNeeded("/usr/bin/script"), "script is not installed"),
        arguments: [("dumb", false), ("xterm", true)])
    func dumb(terminal: String, escapes: Bool) async throws {
        let running = try Running.shell(
            "script -qec \"$(printf '%s ' \"$@\")\" /dev/null",
            ["check", "--budget", "5", "--lifecycle", "bare-tcp"], environment: ["TERM": terminal])
        let end = try await running.finish(within: 600)
        #expect(end.output.contains("bare-tcp"), "\(end.output) \(end.errors)")
        #expect(end.output.contains("\u{1B}") == escapes, "\(end.output)")
    }
}

/// Whether a test that needs `program` is to run: where it is there, and in CI, where none may be skipped in silence.
private func isNeeded(_ program: String) -> Bool {
    getenv("CI") != nil || FileManager.default.isExecutableFile(atPath: program)
}

/// A value that two threads use.
private final class Locked<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: Value

    init(_ value: Value) { stored = value }

    var value: Value { lock.withLock { stored } }
    func set(_ value: Value) { lock.withLock { stored = value } }
}
