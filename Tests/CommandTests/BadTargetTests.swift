import Foundation
import TestSupport
import Testing

/// Targets that cannot be checked as they are: what is said, with which code, and that what was measured is written.
@Suite("Bad targets", .timed, .serialized, .enabled(if: MisbehavingServer.isAvailable, "needs Python"))
struct BadTargetTests {
    /// A check that has ended, with its report and its record.
    struct Checked {
        var end: Tool.Finished
        var report: [String: Any]
        var rows: [[String: Any]] { report["results"] as? [[String: Any]] ?? [] }

        /// The verdicts of the row, by resource.
        func verdicts(_ row: Int = 0) -> [String: String] {
            let findings = rows[row]["resources"] as? [[String: Any]] ?? []
            return Dictionary(
                uniqueKeysWithValues: findings.map { ("\($0["resource"] ?? "")", "\($0["verdict"] ?? "")") })
        }
    }

    /// Checks, and makes sure that the record gives the same text again.
    private func check(
        _ arguments: [String], lifecycle: String = "clean-close", budget: Int = 20
    ) async throws -> Checked {
        let folder = try ReportFileTests.Folder()
        let options = [
            "--budget", "\(budget)", "--lifecycle", lifecycle, "--json", folder.path("json"), "--record",
            folder.path("record"),
        ]
        let end = try await Tool.run(["check"] + options + arguments, limit: 600)
        let json = try folder.text("json")
        let report = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let again = try await Tool.run(["report", folder.path("record")])
        #expect(again.output == end.output)
        return Checked(end: end, report: report)
    }

    private func checkCommand(
        _ words: [String], lifecycle: String = "clean-close", budget: Int = 20
    ) async throws -> Checked {
        try await check(["--"] + words, lifecycle: lifecycle, budget: budget)
    }

    @Test(
        "a server that does not let the peers in",
        arguments: [
            (
                "200",
                "no connection came about: refused: HTTP 200 OK: that is a page and no WebSocket: correct the path"
            ),
            ("401", "HTTP 401 Unauthorized: give the credentials, with --header or --query"),
            ("reset", "no connection came about: "),
        ])
    func refusing(fault: String, words: String) async throws {
        let checked = try await checkCommand(MisbehavingServer.command(fault))
        #expect(checked.end.code == 2)
        #expect(checked.end.output.contains(words), "\(checked.end.output)")
        #expect(checked.end.output.contains("watertight connect URL tries one by hand"))
        #expect(Set(checked.verdicts().values) == ["inconclusive"])
    }

    @Test("a server that speaks TLS")
    func tls() async throws {
        let end = try await Tool.run(["check", "--"] + MisbehavingServer.command("tls"), limit: 600)
        #expect(end.code == 69)
        #expect(end.errors.contains("speaks TLS: write wss:// in place of ws://"), "\(end.errors)")
    }

    @Test(
        "a command that ends: how, and what it said",
        arguments: [
            ("exit", "has exited with code 3; its last output:\n    out of coffee"),
            ("segv", "was ended by signal 11 (SIGSEGV)"),
        ])
    func ends(fault: String, words: String) async throws {
        let checked = try await checkCommand(MisbehavingServer.command(fault, "700"))
        #expect(checked.end.code == 69)
        #expect(checked.end.output.contains(words), "\(checked.end.output)")
        #expect(checked.end.output.contains("connections of this lifecycle"))
        #expect((checked.report["targetLost"] as? String)?.contains("process ") == true)
        #expect(Set(checked.verdicts().values) == ["inconclusive"])
        #expect((checked.report["samples"] as? [Any])?.count ?? 0 > 3)
    }

    @Test("one that ends in a later row: what was found before stands, and only the row that it ended in is in doubt")
    func endsLater() async throws {
        let (server, port) = try await MisbehavingServer.start("touchy", "200")
        defer { server.terminate() }
        let checked = try await check(
            ["ws://127.0.0.1:\(port)/", "--pid", "\(server.processIdentifier)", "--lifecycle", "bare-tcp"], budget: 60)
        #expect(checked.end.code == 69)
        #expect(checked.report["targetLost"] is String)
        #expect(checked.verdicts(0)["descriptors"] == "clean", "\(checked.end.output)")
        #expect(Set(checked.verdicts(1).values) == ["inconclusive"], "\(checked.end.output)")
    }

    @Test("a server that goes on under another number", arguments: [true, false])
    func replaced(isCommand: Bool) async throws {
        let checked: Checked
        if isCommand {
            checked = try await checkCommand(MisbehavingServer.command("replace", "700"))
            #expect(checked.end.output.contains("now: give a command that stays"), "\(checked.end.output)")
        } else {
            let (server, port) = try await MisbehavingServer.start("replace", "700")
            checked = try await check(["ws://127.0.0.1:\(port)/"])
            #expect(checked.end.output.contains("process \(server.processIdentifier) has exited"))
            #expect(checked.end.output.contains("listens on port \(port) now: a server that restarts itself"))
            let successor = checked.end.output.firstMatch(of: /process ([0-9]+) listens on port/)
            kill(try #require(successor.flatMap { Int32($0.1) }), SIGKILL)
        }
        #expect(checked.end.code == 69)
        #expect(Set(checked.verdicts().values) == ["inconclusive"])
    }

    @Test("a supervisor that replaces its worker: what the worker leaked is gone, so nothing is called clean")
    func workers() async throws {
        let checked = try await checkCommand(MisbehavingServer.command("workers", "500"))
        #expect(checked.end.code == 2)
        let words = /process [0-9]+ of the target has ended, and process [0-9]+ took its place/
        #expect(checked.end.output.contains(words), "\(checked.end.output)")
        #expect(Set(checked.verdicts().values) == ["inconclusive"])
    }

    @Test("a master that listens and replaces the worker that serves is never clean")
    func handedOver() async throws {
        let checked = try await checkCommand(MisbehavingServer.command("handoff", "150"))
        #expect(checked.end.code == 2)
        let words = /process [0-9]+ of the target has ended, and process [0-9]+ took its place/
        #expect(checked.end.output.contains(words), "\(checked.end.output)")
        #expect(Set(checked.verdicts().values) == ["inconclusive"])
    }

    @Test(
        "a worker that stays, a process for each connection, also one that lingers, and a short-lived loader are no replacement",
        arguments: [["handoff", "0"], ["forks", "0"], ["forks", "1"], ["loader"]])
    func notReplaced(words: [String]) async throws {
        var command = MisbehavingServer.command(words[0], words.last ?? "")
        if words == ["loader"] {
            let echo = MisbehavingServer.command("echo").joined(separator: " ")
            command = ["sh", "-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done & exec \(echo)"]
        }
        let checked = try await check(["--pause", "2s", "--"] + command, budget: 12)
        #expect(!checked.end.output.contains("of the target has ended"), "\(checked.end.output)")
        // A process for each connection is slow, and may keep its descriptors for longer than a short check waits.
        if words[0] != "forks" {
            #expect(checked.verdicts()["descriptors"] == "clean", "\(checked.end.output)")
        }
    }

    @Test("a descriptor leak under a small limit is found before it ends the server")
    func smallLimit() async throws {
        let server = "ulimit -n 100; exec \(Tool.path) serve --port {port} --plant-leak descriptor@any"
        let checked = try await check(["--pause", "3s", "--", "sh", "-c", server], budget: 16)
        #expect(checked.end.code == 1, "\(checked.end.output)")
        #expect(checked.verdicts()["descriptors"] == "leak")
        #expect(checked.end.output.contains("exhaust the target's limit of 100 descriptors"))
    }

    @Test("a server slower than the budget")
    func slow() async throws {
        let checked = try await checkCommand(MisbehavingServer.command("slow", "3"), budget: 8)
        #expect(checked.end.code == 2)
        #expect(checked.end.output.contains("a polite connection takes longer than 2 s"), "\(checked.end.output)")
        #expect(checked.end.output.contains("longer --budget, or more --concurrency"))
    }

    @Test("a server behind a proxy has its part in the connections, though it does not listen on the port")
    func proxy() async throws {
        let (server, backend) = try await MisbehavingServer.start("echo")
        let (proxy, port) = try await MisbehavingServer.start("proxy", backend)
        let checked = try await check(["ws://127.0.0.1:\(port)/", "--pid", "\(server.processIdentifier)"])
        #expect(checked.end.output.contains("none of the processes read (\(server.processIdentifier)) listens on port"))
        #expect(checked.verdicts()["descriptors"] == "clean", "\(checked.end.output)")
        // The mask of signals that they inherit may block SIGTERM.
        for process in [server, proxy] { kill(process.processIdentifier, SIGKILL) }
    }

    @Test("a check that may open few descriptors makes fewer connections at a time, or says what it lacks")
    func ownDescriptors() async throws {
        let (server, url) = try await ServeTests.start()
        for (limit, codes, words) in [
            (60, [Int32(0)], "as this process may open only 60 descriptors: raise that limit (ulimit -n)"),
            (8, [69, 70], "Too many open files"),
        ] {
            let arguments = [
                "check", url, "--pid", "\(server.pid)", "--concurrency", "100", "--budget", "30", "--lifecycle",
                "clean-close",
            ]
            let end = try await Running(arguments, descriptorLimit: limit).finish(within: 600)
            #expect(codes.contains(end.code), "\(end)")
            #expect((end.output + end.errors).contains(words), "\(end)")
        }
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("a server that stops for a while and goes on is said to have, and is not clean either")
    func recovers() async throws {
        let checked = try await checkCommand(MisbehavingServer.command("nap", "400"))
        #expect(checked.end.code == 2, "\(checked.end.output)")
        #expect(checked.end.output.contains("it took part again within"), "\(checked.end.output)")
        let stall = try #require(checked.rows[0]["stall"] as? [String: Any])
        #expect(stall["hasRecovered"] as? Bool == true)
        let connections = try #require(checked.rows[0]["connections"] as? [String: Any])
        #expect(connections["completed"] as? Int ?? 0 > 450, "it was driven on")
    }

    @Test(
        "a server that stops taking part while it lives is never clean",
        arguments: [
            ("deaf", "clean-close", "accepting", "the target stopped accepting connections after"),
            ("deaf", "bare-tcp", "accepting", "the target stopped accepting connections after"),
            ("mute", "fin", "answering", "the target stopped answering after"),
        ])
    func stalls(fault: String, lifecycle: String, kind: String, words: String) async throws {
        let checked = try await checkCommand(MisbehavingServer.command(fault, "400"), lifecycle: lifecycle, budget: 12)
        #expect(checked.end.code == 2, "\(checked.end.output)")
        #expect(checked.end.output.contains("\(lifecycle): \(words)"), "\(checked.end.output)")
        #expect(checked.end.output.contains("the target stalled: \(lifecycle)"))
        let stall = try #require(checked.rows[0]["stall"] as? [String: Any])
        #expect(stall["kind"] as? String == kind)
        #expect(stall["hasRecovered"] as? Bool == false)
        #expect(abs((stall["connections"] as? Int ?? 0) - 400) < 20, "\(stall)")
        #expect(Set(checked.verdicts().values) == ["inconclusive"])
    }
}
