import Foundation
import TestSupport
import Testing

/// What becomes of a command's descendants, and what is said of those that listen elsewhere.
@Suite("Descendants of a command", .serialized)
struct DescendantTests {
    /// A shell's words that start a daemon, forked twice, and a child with a session of its own; each writes its number.
    private static func strays(_ file: String) -> String {
        "(setsid sh -c 'echo $$ >> \(file); exec sleep 1000' &); setsid sh -c 'echo $$ >> \(file); exec sleep 1000' & "
    }

    /// Whether the process runs; where nobody reaps orphans, a zombie stays.
    private static func isAlive(_ pid: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return stat.split(separator: ")").last?.hasPrefix(" Z") == false
    }

    private static func numbers(in file: String, _ count: Int) async throws -> [Int32] {
        try await eventually("\(count) processes") {
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            let numbers = text.split(separator: "\n").compactMap { Int32($0) }
            return numbers.count == count && text.hasSuffix("\n") ? numbers : nil
        }
    }

    private static func allGone(_ pids: [Int32]) async throws {
        _ = try await eventually("the end of \(pids)") { pids.contains(where: isAlive) ? nil : true }
    }

    @Test("none outlives a tool that is killed in the middle of a check, and all run until then")
    func killed() async throws {
        let folder = try ReportFileTests.Folder()
        let file = folder.path("pids")
        let script =
            Self.strays(file) + "echo $$ >> \(file); exec \(Tool.path) serve --port {port} "
            // A suspect rests for longer than the test lasts, on whatever machine.
            + "--plant-leak descriptor@bare-tcp"
        let check = try Running(
            [
                "check", "--lifecycle", "bare-tcp", "--budget", "7200", "--pause", "3600", "--record",
                folder.path("record"),
                "ws://127.0.0.1:{port}/",
                "--", "sh", "-c", script,
            ])
        let pids = try await Self.numbers(in: file, 3)
        try await folder.measuring()
        #expect(pids.allSatisfy(Self.isAlive))
        check.signal(SIGKILL)
        try await Self.allGone(pids)
    }

    @Test("those of a command that did not start are ended before the tool ends")
    func daemon() async throws {
        let folder = try ReportFileTests.Folder()
        let file = folder.path("pids")
        let end = try await Tool.run(["check", "--", "sh", "-c", Self.strays(file) + "exit 0"], limit: 600)
        #expect(end.code == 69)
        let pids = try await Self.numbers(in: file, 2)
        #expect(!pids.contains(where: Self.isAlive))
    }

    @Test("a daemon, and a server at another address or port, are named with what they listen on", .timed)
    func elsewhere() async throws {
        func errors(_ words: [String]) async throws -> String {
            let end = try await Tool.run(["check", "--start-limit", "1s", "--", "sh", "-c"] + words, limit: 600)
            #expect(end.code == 69)
            return end.errors
        }
        let daemon = try await errors(["(setsid \(Tool.path) serve --port {port} &); exit 0"])
        #expect(
            daemon.contains(/has exited with code 0, and process \d+ of it listens on 127\.0\.0\.1:\d+: give a comm/))
        let other = try await errors(["exec \(Tool.path) serve --port 0"])
        #expect(other.contains(/after 1\.0 seconds; process \d+ of it listens on 127\.0\.0\.1:\d+: pass the port/))
        let sixth = try await errors(["exec \(Tool.path) serve --host ::1 --port {port}"])
        #expect(sixth.contains(/after 1\.0 seconds; process \d+ of it listens on \[::1\]:\d+: pass the port/))
        let nowhere = try await errors(["exec sleep 100"])
        #expect(nowhere.contains("after 1.0 seconds: pass the port"))
    }
}
