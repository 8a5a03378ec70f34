import Foundation
import TestSupport
import Testing

/// Accepted leaks on the command line.
@Suite("watertight check --known-leaks", .serialized)
struct KnownLeakTests {
    @Test("written, a leak is known the next time; expired or outgrown it fails again", .timed)
    func course() async throws {
        let folder = try ReportFileTests.Folder()
        let (record, known) = (folder.path("record"), folder.path("known.json"))
        let first = try await Tool.run(
            [
                "check", "--budget", "60", "--pause", "4", "--lifecycle", "bare-tcp", "--record", record,
                "--write-known-leaks", known,
                "--",
                Tool.path, "serve", "--port", "{port}", "--plant-leak", "descriptor@bare-tcp",
            ], limit: 600)
        #expect(first.code == 1, "\(first.output)\(first.errors)")
        let second = try await Tool.run(
            ["analyze", record, "--known-leaks", known, "--write-known-leaks", known])
        #expect(second.code == 0)
        #expect(second.output.contains("leak, but known: bare-tcp"))
        let text = try folder.text("known.json")
        #expect(text.contains("\"reason\" : \"not looked into yet\""))

        let date = try #require(text.firstMatch(of: #/[0-9]{4}-[0-9]{2}-[0-9]{2}/#))
        for (old, new, words) in [
            (String(date.0), "2020-01-01", "it was known until 2020-01-01"),
            (
                String(try #require(text.firstMatch(of: #/"perConnection" : [0-9.]+/#)).0), "\"perConnection\" : 0.5",
                "grown beyond"
            ),
        ] {
            try Data(text.replacing(old, with: new).utf8).write(to: folder.url.appending(path: "known.json"))
            let end = try await Tool.run(["analyze", record, "--known-leaks", known])
            #expect(end.code == 1)
            #expect(end.output.contains(words))
        }
    }

    @Test("bad files are refused before anything runs, and keep what they hold")
    func refused() async throws {
        let folder = try ReportFileTests.Folder()
        try Data("[]".utf8).write(to: folder.url.appending(path: "bad.json"))
        for (options, words) in [
            (["--known-leaks", folder.path("missing")], "--known-leaks: cannot open"),
            (["--known-leaks", folder.path("bad.json")], "write {\"schema\": \"watertight.known-leaks/1\""),
            (["--write-known-leaks", "/nonexistent/known"], "--write-known-leaks: cannot write"),
            (["--write-known-leaks", "-"], "--write-known-leaks writes to a file"),
            (["--write-known-leaks", "x", "--html", "x"], "--write-known-leaks and --html both write"),
        ] {
            let end = try await Tool.run(["check"] + options)
            #expect(end.code == 64)
            #expect(end.errors.contains(words), "\(end.errors)")
        }
        let gone = try await Tool.run(["check", "ws://127.0.0.1:1/", "--write-known-leaks", folder.path("bad.json")])
        #expect(gone.code == 69)
        #expect(try folder.text("bad.json") == "[]")
    }
}
