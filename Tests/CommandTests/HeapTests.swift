import Foundation
import TestSupport
import Testing

/// `watertight check --heap` on the built-in server, whose gauges are known.
@Suite("watertight check --heap", .timed, .serialized)
struct HeapTests {
    @Test("a gauge of the target's page and the number of a command become columns, also in the record")
    func columns() async throws {
        let folder = try ReportFileTests.Folder()
        let end = try await Tool.run(
            [
                "check", "--lifecycle", "fin", "--budget", "60", "--record", folder.path("record"), "--json",
                folder.path("json"), "--heap", "url:http://127.0.0.1:{port}/metrics#watertight_connections", "--heap",
                "command:kill -0 $WATERTIGHT_PID && echo 5000000",
            ], limit: 600)
        #expect(end.code == 0, "\(end.errors)")
        let heading = try #require(end.output.split(separator: "\n").first { $0.hasPrefix("lifecycle") })
        #expect(heading.split(separator: " ").suffix(2) == ["watertight_connections", "liveHeap"])
        #expect(end.output.contains("live heap    \"kill -0 $WATERTIGHT_PID && echo 5000000\""))
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(folder.text("json").utf8)) as? [String: Any])
        #expect((report["probes"] as? [[String: Any]])?.count == 2)
        let samples = try #require(report["samples"] as? [[String: Any]])
        #expect(
            (samples.first?["probed"] as? [String: Double]) == ["watertight_connections": 0, "liveHeap": 5_000_000])
        let again = try await Tool.run(["report", folder.path("record"), "--json", folder.path("again")])
        #expect(again.code == 0 && again.output == end.output)
        #expect(try folder.text("json") == folder.text("again"))
        let analysis = try await Tool.run(["analyze", folder.path("record")])
        #expect(analysis.code == 0, "\(analysis.errors)")
    }

    @Test("a count that grows with each connection is a leak of its own, and its command reproduces it")
    func grows() async throws {
        // A counter, which is no leak, but grows like one.
        let counter = "managers.created"
        let end = try await Tool.run(
            [
                "check", "--lifecycle", "fin", "--budget", "60", "--pause", "10s", "--query", "user=u{n}", "--heap",
                "url:http://127.0.0.1:{port}/stats#\(counter)",
            ],
            limit: 600)
        #expect(end.code == 1, "\(end.output) \(end.errors)")
        #expect(end.output.contains("each connection leaves 1.00 \(counter), 99% interval"))
        #expect(end.output.contains("--heap 'url:http://127.0.0.1:{port}/stats#\(counter)'"))
    }

    @Test("the number that a command prints alone has the name that it is given")
    func namedNumber() async throws {
        let end = try await Tool.run(
            [
                "check", "--lifecycle", "fin", "--budget", "60", "--pause", "10s", "--heap",
                "command:ls /proc/$WATERTIGHT_PID/fd | wc -l#open_things", "--", Tool.path, "serve", "--port", "{port}",
                "--plant-leak", "descriptor@fin",
            ],
            limit: 600)
        #expect(end.code == 1, "\(end.output) \(end.errors)")
        #expect(end.output.contains(/each connection leaves [01]\.[0-9]+ open_things/), "\(end.output)")
    }

    @Test("what cannot be read is refused before anything is measured")
    func refused() async throws {
        for (arguments, words) in [
            (["--heap", "jar"], "there is no heap probe \"jar\"; there are auto, none, node,"),
            (["--heap", "node"], "--heap node does not suit process"),
            (["--heap", "command:false"], "\"false\" has exited with code 1"),
            (["--heap", "url:http://127.0.0.1:{port}/metrics#no_such_gauge"], "no_such_gauge"),
            (["--heap", "none", "--heap", "node"], "--heap none stands alone"),
            (["--heap", "node", "--heap", "glibc"], "two of --heap read the same"),
            (["ws://127.0.0.1:9/", "--heap", "url:http://127.0.0.1:{port}/"], "{port} in --heap needs a command"),
        ] {
            let end = try await Tool.run(["check", "--lifecycle", "fin", "--budget", "6"] + arguments, limit: 600)
            #expect(end.code == 64, "\(arguments): \(end.output) \(end.errors)")
            #expect(end.errors.contains(words), "\(arguments): \(end.errors)")
        }
    }
}
