import ArgumentParser
import Foundation
import Lifecycles
import TestSupport
import Testing

@testable import watertight

/// What `watertight check` writes beside its text, read by the parsers of others.
@Suite("Report files", .serialized)
struct ReportFileTests {
    /// A folder that is removed with all that a test has left there.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "watertight-reports-\(UUID())")

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false) }
        deinit { try? FileManager.default.removeItem(at: url) }

        func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }
        func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

        /// Waits until the check that writes its record here has measured something: the header, a few samples, their facts.
        func measuring() async throws {
            _ = try await eventually("a record") {
                (try? self.text("record"))?.count { $0 == "\n" } ?? 0 >= 7 ? true : nil
            }
        }

        /// Ends the target, whose number its command has written here, once it has been measured for a while.
        func endWhileMeasuring() async throws {
            try await measuring()
            let pid = try Int32(text("pid").trimmingCharacters(in: .whitespacesAndNewlines))
            kill(try #require(pid), SIGKILL)
        }

        var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path("."))) ?? []).sorted() }
    }

    private static let short = ["check", "--budget", "5", "--lifecycle", "bare-tcp"]

    @Test("every format at once, each by its own parser, and the text on stdout as ever", .timed)
    func all() async throws {
        let folder = try Folder()
        let names = ["json", "junit", "html", "markdown", "openmetrics"]
        let end = try await Tool.run(
            Self.short + names.flatMap { ["--\($0)", folder.path($0)] },
            environment: ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": folder.path("summary")], limit: 600)
        #expect(end.output.contains("isolation    "), "\(end.errors)")
        let json = try JSONSerialization.jsonObject(with: Data(folder.text("json").utf8)) as? [String: Any]
        let rows = try #require(json?["results"] as? [[String: Any]])
        let command = try #require(rows[0]["reproducer"] as? String)
        #expect(command.hasPrefix("watertight check --lifecycle bare-tcp --seed "))
        #expect(try folder.text("junit").hasPrefix("<?xml") && folder.text("junit").hasSuffix("</testsuites>\n"))
        #expect(try folder.text("html").hasPrefix("<!DOCTYPE html>") && folder.text("html").hasSuffix("</html>\n"))
        #expect(try folder.text("openmetrics").hasSuffix("# EOF\n"))
        #expect(try folder.text("summary") == folder.text("markdown"))
        #expect(folder.names == (names + ["summary"]).sorted())
    }

    @Test("one format on stdout, and nothing else there", .timed)
    func standardOutput() async throws {
        let end = try await Tool.run(
            Self.short + ["--json", "-"], environment: ["GITHUB_ACTIONS": "true"], limit: 600)
        #expect(try JSONSerialization.jsonObject(with: Data(end.output.utf8)) is [String: Any])
    }

    @Test("a lost target and an interruption leave complete files; a target that cannot be reached leaves none")
    func early() async throws {
        let folder = try Folder()
        let script =
            "\(Tool.path) serve --port {port} --plant-leak descriptor@any & echo $! >\(folder.path("pid")); wait"
        let options = [
            "--lifecycle", "clean-close", "--junit", folder.path("lost.xml"), "--html", folder.path("lost.html"),
            "--record", folder.path("record"),
        ]
        let check = try Running(["check"] + options + ["--", "sh", "-c", script])
        try await folder.endWhileMeasuring()
        let end = try await check.finish(within: 600)
        #expect(end.code == 69, "\(end.output)\(end.errors)\((try? folder.text("record")) ?? "no record")")
        #expect(try folder.text("lost.xml").contains("the target was lost"))
        #expect(try folder.text("lost.html").hasSuffix("</html>\n"))

        let none = try await Tool.run(["check", "ws://127.0.0.1:1/", "--html", folder.path("none.html")], limit: 600)
        #expect(none.code == 69)
        #expect(folder.names == ["lost.html", "lost.xml", "pid", "record"])
    }

    @Test(
        "files that cannot be written are refused before anything runs",
        arguments: [
            (
                ["--json", "/nonexistent/report.json"],
                "--json: cannot write \"/nonexistent/report.json\": No such file"
            ),
            (["--html", "/"], "--html: cannot write \"/\": Is a directory"),
            (["--json", "-", "--junit", "-"], "--json and --junit both write to stdout"),
            (["--html", "x", "--markdown", "x"], "--html and --markdown both write to \"x\""),
            (["--openmetrics", ""], "--openmetrics needs the name of a file"),
        ])
    func refused(options: [String], words: String) async throws {
        let end = try await Tool.run(["check"] + options + ["--", "/nonexistent/server"], limit: 600)
        #expect(end.code == 64)
        #expect(end.errors.contains(words), "\(end.errors)")
        #expect(end.output.isEmpty)
    }

    @Test("a full disk is an error in the end, after everything else was written")
    func full() async throws {
        let folder = try Folder()
        let end = try await Tool.run(
            Self.short + ["--json", "/dev/full", "--junit", folder.path("junit")], limit: 600)
        #expect(end.code == 70)
        #expect(end.errors.contains("cannot write \"/dev/full\": No space left on device"))
        #expect(try folder.text("junit").hasSuffix("</testsuites>\n"))
    }

    @Test("a comparison has the same end, and the same refusals")
    func compared() async throws {
        let folder = try Folder()
        let report = "{\"schema\":\"watertight.check/1\",\"target\":\"s\",\"results\":[]}"
        try report.write(toFile: folder.path("a"), atomically: true, encoding: .utf8)
        let files = ["compare", folder.path("a"), folder.path("a")]
        let full = try await Tool.run(files + ["--json", "/dev/full", "--markdown", folder.path("md")])
        #expect(full.code == 70 && full.errors.contains("No space left"), "\(full.errors)")
        #expect(try folder.text("md").contains("<!-- watertight compare -->"))
        let twice = try await Tool.run(files + ["--json", "-", "--markdown", "-"])
        #expect(twice.code == 64 && twice.errors.contains("both write to stdout"), "\(twice.errors)")
        let nowhere = try await Tool.run(files + ["--json", "/nonexistent/j"])
        #expect(nowhere.code == 64 && nowhere.errors.contains("--json: cannot write"), "\(nowhere.errors)")
    }
}

@Suite("The command that reproduces a row")
struct ReproducerTests {
    @Test("a shell takes the words as they were")
    func quoting() throws {
        let words = [
            "plain", "", "two words", "it's", "$HOME `id` \"x\"", "a\\b", "{port}", "{a,b}", "*", "é", "a\nb", "~", "#",
        ]
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "printf '%s\\0' \(ShellText.quoted(words))"]
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(
            data.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
                == words + [""])
        #expect(ShellText.quoted(["serve", "--port", "{port}"]) == "serve --port {port}")
    }

    @Test("it keeps what matters, leaves out where reports go, and tells no secret")
    func command() throws {
        let arguments = [
            "ws://127.0.0.1:{port}/chat?a=1", "--json", "-", "--lifecycle", "fin", "--lifecycle", "reset", "--budget",
            "2m",
            "--compression", "both", "--concurrency", "8", "--header", "Authorization: Bearer abc", "--header",
            "X-Room: a b", "--path", "/chat/{n}", "--query", "user={n}", "--first-message", "join it",
            "--set", "cleanupLimit=750ms", "--", "node", "my server.js", "{port}",
        ]
        let command = try CheckCommand.parse(arguments)
        let expected =
            "watertight check --lifecycle reset/open --compression on --seed 7 --budget 120s --concurrency 8 "
            + "--path /chat/{n} --query user={n} --first-message 'join it' --set cleanupLimit=750ms --header \"Authorization: $AUTHORIZATION\" --header 'X-Room: a b' "
            + "'ws://127.0.0.1:{port}/chat?a=1' -- node 'my server.js' {port}"
        #expect(command.reproducer(of: .reset.compressed!, seed: 7) == expected)
    }

    @Test("it is read back as the command that it was, with the secret from the environment")
    func parsed() throws {
        let arguments = [
            "ws://127.0.0.1:{port}/chat?a=1", "--header", "Authorization: Bearer abc", "--header", "X-Room: $a `b`",
            "--first-message", "it's {n}", "--", "node", "my server.js", "{port}",
        ]
        let command = try CheckCommand.parse(arguments)
        let line = command.reproducer(of: .fin, seed: 7)
        let again = try CheckCommand.parsed(reproducer: line, variables: ["AUTHORIZATION": "Bearer abc"])
        #expect(again.reproducer(of: .fin, seed: 7) == line)
        #expect(again.peers.headers.map(\.value) == ["Bearer abc", "$a `b`"])
        let missing = #expect(throws: ValidationError.self) {
            try CheckCommand.parsed(reproducer: line, variables: [:])
        }
        #expect(missing?.message.contains("set the environment variable AUTHORIZATION") == true)
        for line in ["rm -rf x", "watertight serve", "watertight check 'a"] {
            #expect(throws: ValidationError.self) { try CheckCommand.parsed(reproducer: line, variables: [:]) }
        }
    }
}
