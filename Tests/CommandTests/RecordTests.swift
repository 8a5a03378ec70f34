import Foundation
import TestSupport
import Testing

/// A check's record, and what is made of it without a target.
@Suite("watertight report and analyze", .serialized)
struct RecordTests {
    @Test("reports made from the record are those of the check, byte by byte", .timed)
    func same() async throws {
        let folder = try ReportFileTests.Folder()
        let formats = ["json", "junit", "html", "markdown", "openmetrics"]
        func options(_ suffix: String) -> [String] { formats.flatMap { ["--\($0)", folder.path($0 + suffix)] } }
        let check = try await Tool.run(
            ["check", "--budget", "60", "--pause", "4", "--lifecycle", "bare-tcp", "--record", folder.path("record")]
                + options("")
                + ["--", Tool.path, "serve", "--port", "{port}", "--plant-leak", "descriptor@bare-tcp"], limit: 600)
        #expect(check.code == 1, "\(check.errors)")
        let report = try await Tool.run(["report", folder.path("record")] + options("-again"))
        #expect(report.code == 0)
        #expect(report.output == check.output)
        for format in formats { #expect(try folder.text(format) == folder.text(format + "-again")) }
        let analysis = try await Tool.run(["analyze", folder.path("record"), "--json", "-"])
        #expect(analysis.code == 1)
        #expect(try analysis.output == folder.text("json"))
        #expect(analysis.errors.isEmpty)
    }

    @Test("a check that was killed leaves a record that can be reported")
    func killed() async throws {
        let folder = try ReportFileTests.Folder()
        let (server, url) = try await ServeTests.start()
        // One lifecycle could be decided before the signal comes; all of them take a while.
        let check = try Running(["check", url, "--record", folder.path("record")])
        try await folder.measuring()
        check.signal(SIGKILL)
        _ = try await check.finish(within: 600)
        let report = try await Tool.run(["report", folder.path("record")])
        #expect(report.code == 0, "\(report.errors)")
        #expect(report.output.contains("interrupted before the end"))
        #expect(try await Tool.run(["analyze", folder.path("record")]).code == 130)
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("files that are no record, and records that cannot be written")
    func refused() async throws {
        let folder = try ReportFileTests.Folder()
        try Data("{}\n".utf8).write(to: folder.url.appending(path: "foreign"))
        for (arguments, words) in [
            (["report", folder.path("foreign")], "foreign: line 1: this is no record of a check"),
            (["analyze", folder.path("missing")], "missing: No such file"),
            (["check", "--record", "/nonexistent/record"], "--record: cannot write"),
            (["check", "--record", "-"], "--record writes to a file"),
            (["check", "--record", "x", "--json", "x"], "--record and --json both write to \"x\""),
        ] {
            let end = try await Tool.run(arguments)
            #expect(end.code == 64)
            #expect(end.errors.contains(words), "\(end.errors)")
        }
        let full = try await Tool.run(
            ["check", "--budget", "5", "--lifecycle", "bare-tcp", "--record", "/dev/full"], limit: 600)
        #expect(full.code == 70)
        #expect(full.errors.contains("the record is incomplete: cannot write \"/dev/full\": No space left"))
        let gone = try await Tool.run(["check", "ws://127.0.0.1:1/", "--record", folder.path("none")])
        #expect(gone.code == 69)
        #expect(folder.names == ["foreign"])
    }
}
