import Foundation
import TestSupport
import Testing

@Suite("watertight explain", .serialized)
struct ExplainCommandTests {
    /// A record of the built-in server under `bare-tcp`, which leaves a descriptor of each connection if it `leaks`.
    private static func record(_ folder: ReportFileTests.Folder, leaks: Bool) async throws -> String {
        let path = folder.path("leaks.record")
        let check = try await Tool.run(
            [
                "check", "--budget", "60", "--pause", "4", "--lifecycle", "bare-tcp", "--explain", "never", "--record",
                path, "--",
            ]
                + [Tool.path, "serve", "--port", "{port}"] + (leaks ? ["--plant-leak", "descriptor@bare-tcp"] : []))
        #expect((check.code == 1) == leaks, "\(check.output)\(check.errors)")
        return path
    }

    @Test("a recorded leak gets its cause, which the record keeps from then on", .timed)
    func explained() async throws {
        let folder = try ReportFileTests.Folder()
        let record = try await Self.record(folder, leaks: true)
        let words = "+1.00 TCP socket of a connection, CLOSE_WAIT"
        #expect(try await !Tool.run(["report", record]).output.contains(words))
        let explained = try await Tool.run(["explain", record, "--record", record])
        #expect(explained.code == 0, "\(explained.errors)")
        #expect(explained.output.contains(words), "\(explained.output)")
        let report = try await Tool.run(["report", record])
        #expect(report.output == explained.output)
        #expect(try await Tool.run(["analyze", record]).code == 1)
        let other = try await Tool.run(["explain", record, "--lifecycle", "fin"])
        #expect(other.code == 64)
        #expect(other.errors.contains("the record has no such row; it has bare-tcp"), "\(other.errors)")
    }

    @Test("a check that is interrupted while it looks for causes has its verdict", .timed)
    func interrupted() async throws {
        let marker = "descriptor@bare-tcp"
        let check = try Running(
            [
                "check", "--budget", "60", "--pause", "4", "--lifecycle", "bare-tcp", "--json", "-", "--log-level",
                "info",
                "--", Tool.path, "serve", "--port", "{port}", "--plant-leak", marker,
            ])
        _ = try await eventually(within: .seconds(300), "causes looked for") {
            check.errorText.contains("looking for the causes") ? true : nil
        }
        check.signal(SIGINT)
        let end = try await check.finish(within: 300)
        #expect(end.code == 1, "\(end.errors)")
        let report = try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any]
        #expect(report?["verdict"] as? String == "leak")
    }

    @Test("what does not leak, and what is no record of a check, is refused before anything is started")
    func refused() async throws {
        let folder = try ReportFileTests.Folder()
        let record = try await Self.record(folder, leaks: false)
        try Data("{}\n".utf8).write(to: folder.url.appending(path: "foreign"))
        for (arguments, words) in [
            ([record], "leaks: there is nothing to explain"),
            ([folder.path("foreign")], "this is no record of a check"),
            ([record, "--record", "-"], "--record writes to a file"),
            ([record, "--record", "x", "--html", "x"], "--record and --html both write to \"x\""),
        ] {
            let end = try await Tool.run(["explain"] + arguments)
            #expect(end.code == 64)
            #expect(end.errors.contains(words), "\(end.errors)")
        }
    }
}
