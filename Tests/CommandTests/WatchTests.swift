import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// `watertight watch` beside real processes.
@Suite("watertight watch", .serialized)
struct WatchTests {
    private func end(_ server: Running) async throws {
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("a line for each sample, then the summary; the record says the same", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let folder = try ReportFileTests.Folder()
        let (server, url) = try await ServeTests.start()
        let watch = try Running([
            "watch", "--pid", "\(server.pid)", "--interval", "100ms", "--record", folder.path("record"), "--json",
            folder.path("json"),
        ])
        _ = try await watch.lines(2)
        let probe = try Running(["connect", url])
        _ = try await eventually("the connection in a sample; \(watch.pid)") {
            (try? folder.text("record"))?.contains("\"socket\":2") == true ? true : nil
        }
        _ = try await eventually("26 samples") {
            ((try? folder.text("record"))?.count { $0 == "\n" } ?? 0) > 26 ? true : nil
        }
        watch.signal(signal)
        let end = try await watch.finish(within: 600)
        probe.endInput()
        #expect(try folder.text("record").contains("\"tcpStates\":{\"LISTEN\":1}"))
        #expect(end.code == 2, "\(end.errors)")
        let lines = end.output.split(separator: "\n")
        #expect(lines[0].hasPrefix("seconds=0.") && lines[0].contains(" processes=1 descriptors="))
        #expect(end.output.contains("\nprivate memory"))
        #expect(!end.output.contains("\u{1B}"))
        #expect(try folder.text("record").split(separator: "\n").last?.contains("\"kind\":\"end\"") == true)

        let summary = try #require(end.output.firstRange(of: "target       process \(server.pid)"))
        let report = try await Tool.run(["report", folder.path("record"), "--json", folder.path("again")])
        #expect(report.code == 0 && report.output == end.output[summary.lowerBound...])
        #expect(try folder.text("json") == folder.text("again"))
        #expect(try await Tool.run(["analyze", folder.path("record")]).code == 2)
        for format in ["html", "junit", "markdown", "openmetrics"] {
            let refused = try await Tool.run(["report", folder.path("record"), "--\(format)", folder.path("x")])
            #expect(refused.code == 64 && refused.errors.contains("reported as text and with --json only"))
        }
        #expect(folder.names == ["again", "json", "record"])
        try await self.end(server)
    }

    @Test("a process that ends meanwhile: what was seen, and that it is gone")
    func dies() async throws {
        let folder = try ReportFileTests.Folder()
        let (server, _) = try await ServeTests.start()
        let watch = try Running([
            "watch", "--pid", "\(server.pid)", "--interval", "0.1s", "--record", folder.path("record"),
        ])
        _ = try await watch.lines(3)
        try await self.end(server)
        let end = try await watch.finish(within: 600)
        #expect(end.code == 69)
        #expect(end.output.contains("the target was lost: process \(server.pid) has exited"))
        let analysis = try await Tool.run(["analyze", folder.path("record")])
        #expect(analysis.code == 69 && analysis.output.contains("has exited"))
    }

    @Test("by port, with its descendants, for a time")
    func port() async throws {
        let (server, url) = try await ServeTests.start()
        let end = try await Tool.run(["watch", url, "--interval", "0.2s", "--duration", "1s", "--json", "-"])
        #expect(end.code == 2, "\(end.errors)")
        let report = try #require(JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any])
        #expect(report["schema"] as? String == "watertight.watch/1")
        #expect((report["target"] as? String)?.hasPrefix("process \(server.pid) (") == true)
        #expect(report["samples"] as? Int ?? 0 >= 1)
        try await self.end(server)

        // This process has the tool, and what other tests run, for its children.
        let tree = try await Tool.run(["watch", "--pid", "\(getpid())", "--interval", "0.1s", "--duration", "0.2s"])
        let processes = try #require(tree.output.firstMatch(of: /processes=([0-9]+)/)?.1)
        #expect(Int(processes) ?? 0 >= 2, "\(tree.output) \(tree.errors)")
    }

    @Test("the last sample is a page of metrics, with the ages of sockets")
    func listen() async throws {
        let (server, url) = try await ServeTests.start()
        let probe = try Running(["connect", url])
        let watch = try Running([
            "watch", "--pid", "\(server.pid)", "--interval", "100ms", "--listen", "0", "--allow-host", "mine.example",
        ])
        _ = try await watch.lines(3)
        let place = try #require(watch.errorText.firstMatch(of: /metrics on (http:\S+)/)?.1)
        let wanted = [
            "\nwatertight_watch_tcp_oldest_seconds{state=\"ESTABLISHED\"} ",
            "\nwatertight_watch_tcp_sockets{state=\"ESTABLISHED\"} 1\n",
            "\nwatertight_watch_fds_by_kind{kind=\"socket\"} ",
        ]
        let page = try await eventually("a connection with its age") { () -> String? in
            let text = (try? String(contentsOf: URL(string: String(place))!, encoding: .utf8)) ?? ""
            return wanted.allSatisfy { text.contains($0) } ? text : nil
        }
        #expect(page.hasSuffix("# EOF\n"))
        for (path, host, status) in [
            ("/metrics", "evil.example", 421), ("/metrics", "mine.example", 200), ("/", "localhost", 404),
        ] {
            var request = URLRequest(url: URL(string: String(place).replacing("/metrics", with: path))!)
            request.setValue(host, forHTTPHeaderField: "Host")
            let (_, response) = try await URLSession.shared.data(for: request)
            #expect((response as? HTTPURLResponse)?.statusCode == status, "\(path) \(host)")
        }
        watch.signal(SIGINT)
        #expect(try await watch.finish(within: 600).code == 2)
        probe.endInput()
        try await end(server)
    }

    @Test("a reader of the lines that has gone ends it")
    func pipe() async throws {
        let (server, _) = try await ServeTests.start()
        let watch = try Running(["watch", "--pid", "\(server.pid)", "--interval", "0.1s"], pipedInto: "head -n 2")
        #expect(try await watch.finish(within: 600).output.count { $0 == "\n" } == 2)
        try await self.end(server)
    }

    @Test("what is no process, and what cannot be written")
    func refused() async throws {
        let (server, _) = try await ServeTests.start()
        let pid = "\(server.pid)"
        for (arguments, code, words) in [
            (["--pid", "4194305"], 69, "no process 4194305: check the number"),
            (["--pid", "abc"], 64, "is not the number of a process"), (["--pid=-3"], 64, "is not the number"),
            ([], 64, "nothing to watch: give one of"), (["--pid", pid, "8080"], 64, "too much to watch"),
            (["--cgroup", "no-such-group"], 64, "--cgroup: no control group"),
            (["example.org"], 64, "example.org"), (["1"], 69, "cannot be found: name it with --pid"),
            (["--pid", pid, "--interval", "50ms"], 64, "at least 100ms"),
            (["--pid", pid, "--duration", "0.1s"], 64, "at least the interval"),
            (["--pid", pid, "--record", "/nonexistent/r"], 64, "--record: cannot write"),
            (["--pid", pid, "--record", "-"], 64, "writes to a file"),
            (["--pid", pid, "--json", "/nonexistent/j"], 64, "--json: cannot write"),
            (["--pid", pid, "--record", "x", "--json", "x"], 64, "both write to \"x\""),
            (["--pid", pid, "--listen", "x"], 64, "--listen"), (["--pid", pid, "--listen", ":9"], 64, "--listen"),
            (["--pid", pid, "--allow-host", "a"], 64, "give that, too"),
            (["--pid", pid, "--listen", "192.0.2.1:0"], 69, "--listen: cannot listen on 192.0.2.1:0"),
            (["--pid", pid, "--record", "/dev/full"], 70, "the record is incomplete: cannot write \"/dev/full\""),
        ] as [([String], Int32, String)] {
            let end = try await Tool.run(["watch"] + arguments, limit: 600)
            #expect(end.code == code, "\(arguments): \(end.errors)")
            #expect(end.errors.contains(words), "\(arguments): \(end.errors)")
        }
        try await self.end(server)
    }
}
