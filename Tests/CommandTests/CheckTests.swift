import Foundation
import TestSupport
import Testing

/// Whole checks on real processes, with small budgets; the long ones are a suite of their own outside `swift test`.
@Suite("watertight check", .serialized)
struct CheckTests {
    private func report(_ end: Tool.Finished) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any], "\(end.errors)")
    }

    private func verdicts(_ report: [String: Any]) -> [String: String] {
        var verdicts: [String: String] = [:]
        for row in report["results"] as? [[String: Any]] ?? [] {
            for finding in row["resources"] as? [[String: Any]] ?? [] {
                let suffix = row["compressed"] as? Bool == true ? "+deflate" : ""
                verdicts["\(row["lifecycle"] ?? "")\(suffix) \(finding["resource"] ?? "")"] =
                    finding["verdict"] as? String
            }
        }
        return verdicts
    }

    /// How many processes have `text` among their arguments.
    private func count(argument text: String) -> Int {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return pids.count { pid in
            guard Int32(pid) != nil, let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
                return false
            }
            return line.split(separator: 0).contains(Data(text.utf8))
        }
    }

    private func isRunning(argument text: String) -> Bool { count(argument: text) > 0 }

    @Test("the built-in server is clean", .timed)
    func clean() async throws {
        let end = try await Tool.run(["check", "--profile", "quick", "--json", "-", "--seed", "1"], limit: 600)
        let report = try report(end)
        #expect(report["schema"] as? String == "watertight.check/1")
        #expect(end.code == 0, "\(verdicts(report))")
        #expect(report["verdict"] as? String == "clean")
        #expect(report["seed"] as? Int == 1)
        #expect(verdicts(report).count == 40)
        #expect(verdicts(report).values.allSatisfy { $0 == "clean" })
    }

    @Test("a lifecycle that the target rightly does otherwise is left out, and said to be", .timed)
    func inapplicable() async throws {
        let end = try await Tool.run(["check", "--lifecycle", "refused", "--budget", "6", "--json", "-"], limit: 600)
        #expect(end.code == 2)
        let report = try report(end)
        #expect((report["results"] as? [Any])?.isEmpty == true)
        let notes = try #require(report["notes"] as? [String])
        #expect(notes.contains { $0.hasPrefix("refused was not driven: the target accepts") })
    }

    @Test("a planted leak is found, named and measured", .timed)
    func leak() async throws {
        let marker = "descriptor@fin:1"
        let end = try await Tool.run(
            [
                "check", "--budget", "60", "--pause", "4", "--lifecycle", "fin", "--lifecycle", "bare-tcp", "--json",
                "-", "--",
                Tool.path, "serve", "--port", "{port}", "--plant-leak", marker,
            ], limit: 600)
        let report = try report(end)
        #expect(end.code == 1)
        let found = verdicts(report).filter { $0.value != "clean" }
        #expect(found == ["fin descriptors": "leak"])
        let rows = try #require(report["results"] as? [[String: Any]])
        let findings = try #require(rows[0]["resources"] as? [[String: Any]])
        let amount = try #require(findings[0]["perConnection"] as? Double)
        #expect(abs(amount - 1) < 0.1)
        let detail = try #require(findings[0]["detail"] as? [String: Any])
        let states = try #require(detail["tcpStates"] as? [String: Int])
        #expect(states.keys.contains("CLOSE_WAIT"))
        #expect(!isRunning(argument: marker), "a target outlived its check")
    }

    @Test("compression as a dimension: both where the target agrees, without where it does not", .timed)
    func compression() async throws {
        for (mode, offered, expected, code) in [
            ("both", "on", ["fin", "fin+deflate"], Int32(0)), ("both", "off", ["fin"], 0),
            ("on", "on", ["fin+deflate"], 0), ("on", "off", ["fin+deflate"], 2),
        ] {
            let end = try await Tool.run(
                [
                    "check", "--budget", "30", "--lifecycle", "fin", "--compression", mode, "--json", "-", "--",
                    Tool.path, "serve", "--port", "{port}", "--compression", offered,
                ], limit: 600)
            let report = try report(end)
            #expect(end.code == code, "\(mode) \(offered): \(verdicts(report))")
            let resources = ["descriptors", "threads", "privateMemory", "liveHeap", "blocks"]
            #expect(
                Set(verdicts(report).keys) == Set(expected.flatMap { row in resources.map { "\(row) \($0)" } }))
            let samples = try #require(report["samples"] as? [[String: Any]])
            #expect(samples.contains { $0["compressed"] as? Bool == true } == expected.contains("fin+deflate"))
            let notes = try #require(report["notes"] as? [String])
            #expect(notes.contains { $0.contains("permessage-deflate") } == (mode == "both" && offered == "off"))
        }
    }

    @Test(
        "the pause before a leak is called is the user's to choose, and stands in the command that repeats the check",
        .timed)
    func pause() async throws {
        let end = try await Tool.run(
            [
                "check", "--pause", "2", "--lifecycle", "bare-tcp", "--", Tool.path, "serve", "--port", "{port}",
                "--plant-leak", "descriptor@bare-tcp",
            ], limit: 600)
        #expect(end.code == 1, "\(end.output)\(end.errors)")
        #expect(end.output.contains("kept through a pause of 2 s"), "\(end.output)")
        #expect(end.output.contains("--pause 2s"), "\(end.output)")
    }

    @Test("memory that grows without a doubt is not driven for half of the budget before its pause", .timed)
    func standingSuspicion() async throws {
        let end = try await Tool.run(
            [
                "check", "--pause", "2", "--lifecycle", "fin", "--json", "-", "--", Tool.path, "serve", "--port",
                "{port}",
                "--plant-leak", "memory=1024@fin",
            ], limit: 600)
        #expect(end.code == 1, "\(end.output)\(end.errors)")
        let seconds = try #require(try report(end)["durationSeconds"] as? Double)
        #expect(seconds < 100, "nearly half of the budget would be 135 s")
    }

    @Test("a running server is found by its port, and survives the check", .timed)
    func running() async throws {
        let (server, url) = try await ServeTests.start()
        let end = try await Tool.run(["check", url, "--budget", "30", "--lifecycle", "clean-close"], limit: 600)
        #expect(end.code == 0)
        #expect(end.output.contains("process \(server.pid)"))
        #expect(end.output.contains("one process for all lifecycles"))
        #expect(try await Tool.run(["connect", url], input: "alive\n").output == "alive\n")
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("a process that does not listen on the port is pointed out", .timed)
    func wrongProcess() async throws {
        let (server, url) = try await ServeTests.start()
        let (other, _) = try await ServeTests.start()
        let end = try await Tool.run(
            ["check", url, "--pid", "\(other.pid)", "--budget", "6", "--lifecycle", "bare-tcp"], limit: 600)
        #expect(end.code == 64)
        #expect(end.errors.contains("process \(other.pid) does not listen on port"), "\(end.errors)")
        #expect(end.errors.contains("process \(server.pid) listens on that port"))
        for process in [server, other] {
            process.signal(SIGTERM)
            _ = try await process.finish(within: 600)
        }
    }

    @Test("interrupted, it prints what it has and leaves no process behind")
    func interrupted() async throws {
        let marker = "memory=77@reset"
        let folder = try ReportFileTests.Folder()
        let check = try Running(
            ["check", "--json", "-", "--record", folder.path("record"), "--"]
                + [Tool.path, "serve", "--port", "{port}", "--plant-leak", marker])
        try await folder.measuring()
        // As timeout and CI systems do, which signal the process and its group.
        check.signal(SIGTERM)
        check.signal(SIGINT)
        let end = try await check.finish(within: 600)
        #expect(end.code == 130)
        let report = try report(end)
        #expect(report["interrupted"] as? Bool == true)
        #expect((report["samples"] as? [Any])?.isEmpty == false)
        #expect(!isRunning(argument: marker))
    }

    @Test("interrupted twice, it goes at once and takes its targets along")
    func interruptedTwice() async throws {
        let marker = "memory=78@reset"
        let check = try Running(["check", "--", Tool.path, "serve", "--port", "{port}", "--plant-leak", marker])
        // The check itself has the marker among its arguments; the second process with it is the target.
        _ = try await eventually("the target") { self.count(argument: marker) >= 2 ? true : nil }
        _ = try await eventually("the end of both") {
            check.signal(SIGINT)
            return self.isRunning(argument: marker) ? nil : true
        }
        #expect(try await check.finish(within: 600).code == 130)
    }

    @Test("a command whose port is taken before it can listen is started on another")
    func portTakenAtStart() async throws {
        let folder = try ReportFileTests.Folder()
        let script = """
            if [ ! -e "$1" ]; then touch "$1"; echo "bind: Address already in use" >&2; exit 1; fi; shift; exec "$@"
            """
        let end = try await Tool.run(
            ["check", "--lifecycle", "bare-tcp", "--budget", "10", "--", "sh", "-c", script, "sh", folder.path("once")]
                + [Tool.path, "serve", "--port", "{port}"], limit: 600)
        #expect(end.code == 0 || end.code == 2, "\(end.errors)")
        #expect(folder.names == ["once"])
    }

    @Test("a command is not mistaken for the server that has its port")
    func portTaken() async throws {
        let (server, url) = try await ServeTests.start()
        let end = try await Tool.run(["check", url, "--", "sleep", "20"], limit: 600)
        #expect(end.code == 69)
        #expect(end.errors.contains("another process listens on port"))
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("a target that dies is said to have died, and why")
    func dies() async throws {
        // The planted leak keeps the check busy well beyond the target's end.
        let folder = try ReportFileTests.Folder()
        let script =
            "\(Tool.path) serve --port {port} --plant-leak descriptor@any & echo $! >\(folder.path("pid")); wait; "
            + "echo out of coffee >&2; exit 3"
        let check = try Running(
            ["check", "--lifecycle", "clean-close", "--record", folder.path("record"), "--", "sh", "-c", script])
        try await folder.endWhileMeasuring()
        let end = try await check.finish(within: 600)
        #expect(end.code == 69)
        #expect(end.output.contains("has exited"))
        #expect(end.output.contains("exited with code 3"))
        #expect(end.output.contains("out of coffee"))
        #expect(end.output.contains("clean-close"))
    }

    @Test(
        "targets that cannot be checked",
        arguments: [
            (["ws://127.0.0.1:1/"], Int32(69), "nothing accepts connections"),
            (["--", "/nonexistent/server"], 69, "cannot start"),
            (["--", "sh", "-c", "echo out of coffee; exit 3"], 69, "out of coffee"),
            (["--start-limit", "300ms", "--", "sleep", "20"], 69, "does not accept connections"),
            (["http://127.0.0.1/"], 64, "ws://"),
            (["--cacert", "/nowhere", "wss://127.0.0.1:1/"], 64, "has no certificate that can be read"),
            (["--insecure", "ws://127.0.0.1:1/"], 64, "--insecure needs a wss:// URL"),
            (["ws://127.0.0.1:{port}/"], 64, "{port}"),
            (["--pid", "1"], 64, "--pid needs the URL"),
            (["--lifecycle", "nonesuch"], 64, "clean-close"),
            (["--lifecycle", "fin+deflate"], 64, "--lifecycle fin --compression on"),
            (["--budget", "1"], 64, "--budget"),
            (["--pause", "0"], 64, "--pause must be at least a second"),
            (["--budget", "30", "--pause", "28"], 64, "--budget must be longer than --pause, by 3s"),
            (["--concurrency", "0"], 64, "--concurrency"),
        ])
    func unreachable(arguments: [String], code: Int32, words: String) async throws {
        let end = try await Tool.run(["check"] + arguments, limit: 600)
        #expect(end.code == code)
        #expect(end.errors.contains(words), "\(end.errors)")
        #expect(end.output.isEmpty)
    }
}
