import Foundation
import ProcessResources
import TestSupport
import Testing

/// `watertight watch --heap` beside real processes.
@Suite("watertight watch --heap", .serialized, .timeLimit(.minutes(10)))
struct WatchHeapTests {
    /// Keeps a megabyte in objects for each request, and makes much more garbage.
    private static let server = """
        const kept = [];
        require('http').createServer((request, response) => {
          for (let round = 0; round < 20; round++) Array.from({ length: 20000 }, (_, i) => ({ i }));
          kept.push(Array.from({ length: 1 << 17 }, (_, i) => i));
          response.end();
        }).listen(0, '127.0.0.1');
        """

    private func heap(at page: URL) -> Double? {
        guard let text = try? String(contentsOf: page, encoding: .utf8),
            let value = text.firstMatch(of: /\nwatertight_watch_live_heap_bytes ([0-9]+)\n/)?.1,
            text.contains(/\nwatertight_watch_heap_reading_seconds [0-9.]*[1-9]/)
        else { return nil }
        return Double(value)
    }

    @Test(
        "the live heap of a Node that runs, without its garbage, on the page, in the lines and in the record",
        .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func node() async throws {
        let folder = try ReportFileTests.Folder()
        let process = try StartedProcess(["node", "--inspect-port=0", "-e", Self.server])
        let reader = try await process.reader { try !$0.heldListeners().isEmpty }
        let port = try #require(try reader.heldListeners().first).local.port
        let watch = try Running([
            "watch", "\(port)", "--heap", "node", "--heap-share", "50", "--interval", "100ms", "--listen", "0",
            "--record",
            folder.path("record"),
        ])
        _ = try await watch.lines(2)
        let place = try #require(watch.errorText.firstMatch(of: /metrics on (http:\S+)/)?.1)
        let page = try #require(URL(string: String(place)))
        let before = try await eventually("a first reading") { heap(at: page) }
        let requests = 16
        for _ in 0..<requests { _ = try Data(contentsOf: #require(URL(string: "http://127.0.0.1:\(port)/"))) }
        let kept = Double(requests) * 1_000_000
        let after = try await eventually("a reading of what is kept") { () -> Double? in
            heap(at: page).flatMap { $0 - before > 0.9 * kept ? $0 : nil }
        }
        // The garbage of these requests is more than a hundred megabytes.
        #expect(after - before < 2 * kept, "\(before) \(after)")
        watch.signal(SIGINT)
        let end = try await watch.finish(within: 600)
        #expect(end.code == 2, "\(end.errors)")
        #expect(end.output.contains(" liveHeap=\(Int(after)) "), "\(end.output)")
        #expect(end.output.contains("live heap    V8's inspector, after a collection\n"))
        #expect(end.output.contains("liveHeap: fewer than 25 readings: watch longer"))
        let summary = try #require(end.output.firstRange(of: "target       process"))
        let report = try await Tool.run(["report", folder.path("record")])
        #expect(report.code == 0 && report.output == end.output[summary.lowerBound...])
        // It is left as it was, but for its inspector.
        #expect(!process.hasEnded)
    }

    @Test("gauges of a page and of a command, and one that fails on the way")
    func own() async throws {
        let folder = try ReportFileTests.Folder()
        let (server, url) = try await ServeTests.start()
        try Data("7".utf8).write(to: URL(filePath: folder.path("number")))
        let watch = try Running([
            "watch", url, "--interval", "100ms", "--json", folder.path("json"), "--heap-share", "50", "--heap",
            "url:http://127.0.0.1:{port}/metrics#watertight_connections", "--heap",
            "command:echo >> '\(folder.path("asked"))'; cat '\(folder.path("number"))'#things",
        ])
        _ = try await eventually("both gauges") {
            watch.outputText.contains(" things=7 watertight_connections=0 ") ? true : nil
        }
        // Without the file it is asked once more, fails, and is never asked again.
        let asked = try folder.text("asked").count
        try FileManager.default.removeItem(atPath: folder.path("number"))
        let probe = try Running(["connect", url])
        _ = try await eventually("a connection in the gauge") {
            watch.outputText.contains(" watertight_connections=1 ") ? true : nil
        }
        _ = try await eventually("the file missed") {
            ((try? folder.text("asked"))?.count ?? 0) > asked ? true : nil
        }
        let lines = watch.outputText.count { $0 == "\n" }
        _ = try await watch.lines(lines + 3)
        watch.signal(SIGINT)
        let end = try await watch.finish(within: 600)
        probe.endInput()
        #expect(end.code == 2, "\(end.errors)")
        #expect(end.output.contains("things: no longer read: \"echo "), "\(end.output)")
        #expect(try folder.text("json").contains("\"resource\" : \"watertight_connections\""))
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("what cannot be read of a server that runs is refused before anything is read")
    func refused() async throws {
        let (server, url) = try await ServeTests.start()
        let pid = "\(server.pid)"
        for (arguments, words) in [
            ([url, "--heap", "jar"], "there is no heap probe \"jar\"; there are auto, none, node,"),
            ([url, "--heap", "node"], "--heap node does not suit process"),
            ([url, "--heap", "ruby"], "--heap ruby reads only a program that watertight check starts"),
            ([url, "--heap", "native"], "choose auto, node, jvm, python, go, glibc, command: or url:"),
            ([url, "--heap", "command:false"], "\"false\" has exited with code 1"),
            ([url, "--heap", "none", "--heap", "node"], "--heap none stands alone"),
            ([url, "--heap", "node", "--heap-share", "60"], "give a number from 0.1 to 50"),
            ([url, "--heap-share", "2"], "--heap-share says how often --heap is read: give that, too"),
            ([url, "--heap", "node", "--heap", "jvm"], "two of --heap read the same"),
            (["--pid", pid, "--heap", "url:http://127.0.0.1:{port}/"], "{port} in --heap needs the URL or port"),
        ] {
            let end = try await Tool.run(["watch"] + arguments, limit: 600)
            #expect(end.code == 64 && end.output.isEmpty, "\(arguments): \(end.output) \(end.errors)")
            #expect(end.errors.contains(words), "\(arguments): \(end.errors)")
        }
        let none = try await Tool.run(["watch", url, "--heap", "none", "--interval", "0.1s", "--duration", "0.3s"])
        #expect(none.code == 2 && !none.output.contains("liveHeap"), "\(none.errors)")
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }
}
