import Foundation
import FoundationNetworking
import Testing

@Suite("watertight serve", .serialized)
struct ServeTests {
    /// Starts a server and returns it with its URL.
    static func start(_ options: [String] = []) async throws -> (Running, String) {
        let server = try Running(["serve", "--port", "0"] + options)
        let line = try await server.firstLine()
        let prefix = "watertight listening on "
        #expect(line.hasPrefix(prefix))
        return (server, String(line.dropFirst(prefix.count)))
    }

    @Test("one ready line on stdout, and a clean end on either signal", arguments: [SIGTERM, SIGINT])
    func readyLineAndEnd(signal: Int32) async throws {
        let (server, url) = try await Self.start()
        #expect(url.wholeMatch(of: /ws:\/\/127\.0\.0\.1:[0-9]+\//) != nil)
        server.signal(signal)
        let end = try await server.finish(within: 600)
        #expect(end.code == 0)
        #expect(end.output == "watertight listening on \(url)\n")
    }

    @Test func listensOnIPv6() async throws {
        let (server, url) = try await Self.start(["--host", "::1"])
        #expect(url.hasPrefix("ws://[::1]:"))
        let probe = try await Tool.run(["connect", url], input: "six\n")
        #expect(probe.output == "six\n")
        #expect(probe.code == 0)
        server.signal(SIGTERM)
        #expect(try await server.finish(within: 600).code == 0)
    }

    @Test("several loops, each a thread, and a number of them that makes sense")
    func loops() async throws {
        let (server, url) = try await Self.start(["--loops", "3"])
        let port = try #require(url.firstMatch(of: /:([0-9]+)\//)?.1)
        let listening = try await Tool.run(["connect", url], input: "a\nb\n")
        #expect(listening.output == "a\nb\n")
        let second = try await Tool.run(["serve", "--port", String(port), "--loops", "2"])
        #expect(second.code == 69)
        #expect(second.errors.contains("Address already in use"))
        server.signal(SIGTERM)
        #expect(try await server.finish(within: 600).code == 0)
        for number in ["0", "-1", "257", "many"] {
            let refused = try await Tool.run(["serve", "--port", "0", "--loops=\(number)"])
            #expect(refused.code == 64)
            #expect(refused.errors.contains("--loops"))
        }
    }

    @Test("a port that is taken")
    func portTaken() async throws {
        let (server, url) = try await Self.start()
        let port = try #require(url.firstMatch(of: /:([0-9]+)\//)?.1)
        let second = try await Tool.run(["serve", "--port", String(port)])
        #expect(second.code == 69)
        #expect(second.errors.contains("Address already in use"))
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("clients are told that the server goes away")
    func goingAway() async throws {
        let (server, url) = try await Self.start()
        let probe = try Running(["connect", url])
        probe.type("hello\n")
        #expect(try await probe.firstLine() == "hello")
        server.signal(SIGTERM)
        let end = try await probe.finish(within: 600)
        #expect(end.errors.contains("the peer closed with 1001"))
        #expect(end.code == 0)
        #expect(try await server.finish(within: 600).code == 0)
    }

    @Test("the log has no secrets in it, and nothing of a peer's that could drive a terminal")
    func log() async throws {
        let (server, url) = try await Self.start(["--log-level", "trace", "--allow-origin", "http://a.example"])
        for origin in ["http://a.example", "http://b.example"] {
            let probe = try await Tool.run(
                [
                    "connect", "\(url)path?token=hunter1", "--header", "Authorization: Bearer hunter2", "--header",
                    "Cookie: hunter3", "--origin", origin,
                ], input: "hunter4\n/close 4000 hunter\u{1B}[2J\u{9B}31m\n")
            #expect(probe.code == (origin == "http://a.example" ? 0 : 69))
        }
        server.signal(SIGTERM)
        let end = try await server.finish(within: 600)
        #expect(end.errors.contains("the peer closed with 4000"))
        #expect(!end.errors.contains(/hunter[0-9]/))
        #expect(!end.errors.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
    }

    @Test("faults: late, and every so many messages a failure")
    func faults() async throws {
        let (server, url) = try await Self.start(["--delay", "1ms", "--fail-every", "50:reset"])
        let lines = (1...49).map { "\($0)\n" }.joined()
        for _ in 0..<2 {
            let probe = try Running(["connect", url])
            probe.type(lines)
            #expect(try await probe.lines(49) == lines)
            probe.type("lost\n")
            let end = try await probe.finish(within: 600)
            #expect(end.output == lines)
            #expect(end.errors.contains("the connection broke: recv: Connection reset by peer"))
            #expect(end.code != 0)
        }
        server.signal(SIGTERM)
        #expect(try await server.finish(within: 600).code == 0)
    }

    @Test("faults drawn from a seed are the same for the same seed")
    func seededFaults() async throws {
        var echoed: [[Int]] = []
        for seed in ["5", "5", "6"] {
            let (server, url) = try await Self.start(["--fail-every", "50:drop", "--fault-seed", seed])
            var counts: [Int] = []
            for _ in 0..<3 {
                let probe = try Running(["connect", url])
                probe.type(String(repeating: "x\n", count: 60))
                counts.append(try await probe.finish(within: 600).output.count / 2)
            }
            echoed.append(counts)
            server.signal(SIGTERM)
            #expect(try await server.finish(within: 600).code == 0)
        }
        #expect(echoed[0] == echoed[1])
        #expect(echoed[0] != echoed[2])
    }

    @Test("origins that are not on the list are refused")
    func origins() async throws {
        let (server, url) = try await Self.start(["--allow-origin", "https://good.example"])
        let good = try await Tool.run(["connect", url, "--origin", "https://good.example"], input: "x\n")
        #expect(good.code == 0)
        let bad = try await Tool.run(["connect", url, "--origin", "https://bad.example"], input: "x\n")
        #expect(bad.code == 69)
        #expect(bad.errors.contains("403"))
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test(
        "arguments that make no sense",
        arguments: [
            ["--plant-leak", "descriptor"], ["--plant-leak", "memory=0@fin"], ["--plant-leak", "thread@nonesuch"],
            ["--plant-leak", "descriptor@fin:0"], ["--plant-leak", "descriptor@fin+zip"],
            ["--plant-leak", "descriptor@bare-tcp+deflate"], ["--plant-leak", "memory@fin"],
            ["--plant-leak", "session=0@fin"], ["--plant-leak", "task=1@fin"], ["--port", "70000"],
            ["--handshake-limit", "-1s"],
            ["--idle-limit", "soon"], ["--max-connections", "0"], ["--max-message-bytes", "9223372036854775807"],
            ["--handler", "shout"], ["--compression", "zip"], ["--compression-window", "7"],
            ["--compression-level", "0"], ["--compress-from", "-1"], ["--max-buffered-bytes", "0"],
            ["--fail-every", "50"], ["--fail-every", "0:reset"], ["--delay", "soon"], ["--fault-seed", "1"],
        ])
    func usage(options: [String]) async throws {
        let end = try await Tool.run(["serve"] + options)
        #expect(end.code == 64)
        #expect(end.errors.contains(options[0]))
        #expect(end.output.isEmpty)
    }

    /// What the server answers to a plain HTTP request.
    private func request(
        _ url: String, _ path: String, method: String = "GET", host: String? = nil
    ) async throws -> (status: Int, type: String, body: Data) {
        let root = "http" + url.dropFirst(2).dropLast()
        var request = URLRequest(url: try #require(URL(string: root + path)))
        request.httpMethod = method
        if let host { request.setValue(host, forHTTPHeaderField: "Host") }
        let (body, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return (answer.statusCode, answer.value(forHTTPHeaderField: "Content-Type") ?? "", body)
    }

    @Test("a broadcast says whom it lets in, unless it was told whom to")
    func broadcast() async throws {
        for (options, isTold) in [([], true), (["--allow-origin", "http://a.example"], false)] {
            let (server, _) = try await Self.start(["--handler", "broadcast"] + options)
            server.signal(SIGTERM)
            let end = try await server.finish(within: 600)
            #expect(end.code == 0)
            #expect(end.errors.contains("--allow-origin") == isTold, "\(end.errors)")
        }
    }

    @Test("the status pages are not answered under a name that somebody else has given to this machine")
    func hosts() async throws {
        let (server, url) = try await Self.start(["--allow-host", "mine.example"])
        for path in ["healthz", "stats", "metrics"] {
            for (host, status) in [
                ("evil.example", 421), ("evil.example:\(URL(string: url)?.port ?? 0)", 421), ("mine.example", 200),
                ("localhost", 200), ("127.0.0.1", 200),
            ] {
                #expect(try await request(url, "/" + path, host: host).status == status, "\(path) \(host)")
            }
        }
        server.signal(SIGTERM)
        #expect(try await server.finish(within: 600).code == 0)
    }

    @Test("a user has as many connections as the option says, and the pages tell of it")
    func managers() async throws {
        let (server, url) = try await Self.start(["--max-managers-per-user", "1", "--refuse-with", "close"])
        let first = try Running(["connect", "\(url)?user=al%22ice&connection=c1"])
        first.type("hello\n")
        #expect(try await first.firstLine() == "hello")
        let second = try await Running(["connect", "\(url)?user=al%22ice&connection=c2"]).finish(within: 600)
        #expect(
            second.errors.contains("1013 \"User al\"ice has reached the maximum number of WebSocket managers (1)"),
            "\(second.errors)")
        let stats = try await request(url, "/stats")
        #expect(stats.status == 200 && stats.type == "application/json")
        let object = try #require(try JSONSerialization.jsonObject(with: stats.body) as? [String: Any])
        #expect(object["schema"] as? String == "watertight.stats/1")
        #expect(object["refused"] as? Int == 1)
        let managers = try #require(object["managers"] as? [String: Any])
        #expect(managers["managersPerUser"] as? [String: Int] == ["al\"ice": 1])
        #expect(managers["resources"] as? Int == 1)
        let page = try await request(url, "/metrics")
        #expect(page.type.hasPrefix("application/openmetrics-text; version=1.0.0"))
        let lines = String(decoding: page.body, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines.contains("watertight_managers 1"))
        #expect(lines.contains("watertight_managers_refused_total{limit=\"maximumManagersPerUser\"} 1"))
        for name in ["cpu_seconds_total", "open_fds", "max_fds", "virtual_memory_bytes", "resident_memory_bytes"] {
            #expect(lines.contains { $0.hasPrefix("process_\(name) ") }, "\(name)")
        }
        #expect(lines.last == "# EOF")
        #expect(lines.contains("watertight_connections_ended_total{kind=\"clean-close\"} 1"))
        #expect(lines.contains { $0.hasPrefix("watertight_connections_accepted_total ") && $0.last != "0" })
        #expect(try await request(url, "/healthz").body == Data("ok\n".utf8))
        #expect(try await request(url, "/healthz", method: "DELETE").status == 405)
        #expect(try await request(url, "/else").status == 426)
        first.endInput()
        #expect(try await first.finish(within: 600).code == 0)
        server.signal(SIGTERM)
        #expect(try await server.finish(within: 600).code == 0)
    }
}
