import Foundation
import Testing

@Suite("watertight connect", .serialized)
struct ConnectTests {
    @Test("works in a pipe")
    func pipe() async throws {
        let (server, url) = try await ServeTests.start()
        let probe = try await Tool.run(["connect", url], input: "one\ntwö\n//slash\nlast without newline")
        #expect(probe.output == "one\ntwö\n/slash\nlast without newline\n")
        #expect(probe.code == 0)
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test func commands() async throws {
        let (server, url) = try await ServeTests.start(["--subprotocol", "chat"])
        let file = FileManager.default.temporaryDirectory.appending(path: "watertight-\(UUID()).bin")
        try Data([0, 255, 16]).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let input = """
            /ping are you there
            /binary \(file.path(percentEncoded: false))
            /nonsense
            /close 9
            /close 4001 good night
            never sent
            """
        let probe = try await Tool.run(["connect", url, "--subprotocol", "chat"], input: input)
        #expect(probe.output == "[3 binary bytes] 00 ff 10\n")
        #expect(probe.errors.contains("subprotocol chat"))
        #expect(probe.errors.contains("there is no command /nonsense"))
        #expect(probe.errors.contains("a close code that may be sent"))
        #expect(probe.errors.contains("closed with 4001"))
        #expect(probe.code == 0)
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("leaves as it is told to, and that is no failure", arguments: ["/fin", "/reset", "/vanish"])
    func leaving(command: String) async throws {
        let (server, url) = try await ServeTests.start()
        let probe = try await Tool.run(["connect", url, "-x", "hello", "-x", command, "-x", "never sent", "-w", "0.1"])
        #expect(probe.code == 0, "\(probe.errors)")
        #expect(!probe.output.contains("never sent") && !probe.errors.contains("closed with"), "\(probe.errors)")
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("sends what -x says, and ends once the expected message has come, or has not")
    func expectation() async throws {
        let (server, url) = try await ServeTests.start()
        let met = try await Tool.run(
            ["connect", url, "-H", "A: b", "-x", "one", "-x", "two", "--expect", "tw", "--within", "300s"])
        #expect(met.code == 0 && met.output.hasPrefix("one\ntwo\n"), "\(met.errors)")
        let piped = try await Tool.run(
            ["connect", url, "--expect", "last", "--within", "300s"], input: "first\nlast\n")
        #expect(piped.code == 0 && piped.output == "first\nlast\n", "\(piped.errors)")
        let unmet = try await Tool.run(["connect", url, "-x", "one", "--expect", "two", "--within", "0.1"])
        #expect(unmet.code == 1 && unmet.errors.contains("no message with \"two\" came"), "\(unmet.errors)")
        let waiting = try await Tool.run(["connect", url, "-x", "one", "-w", "300s", "-x", "/close"])
        #expect(waiting.code == 0)
        for arguments in [["-w", "1"], ["--expect", ""], ["--within", "soon"]] {
            #expect(try await Tool.run(["connect", url] + arguments).code == 64)
        }
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test(
        "compression is agreed upon as both ends' options say, and told",
        arguments: [
            ("takeover", "takeover", (true, true)), ("on", "takeover", (false, false)),
            ("server-takeover", "takeover", (false, true)), ("takeover", "client-takeover", (true, false)),
            ("off", "on", nil), ("on", "off", nil),
        ] as [(String, String, (Bool, Bool)?)])
    func compression(served: String, offered: String, keepsContext: (sends: Bool, receives: Bool)?) async throws {
        let (server, url) = try await ServeTests.start(["--compression", served, "--compression-window", "9"])
        let line = String(repeating: "the same again and again ", count: 100) + "\n"
        let probe = try await Tool.run(
            ["connect", url, "--compression", offered, "--compress-from", "0", "--compression-level", "9"],
            input: line + line + "x\n")
        #expect(probe.output == line + line + "x\n")
        #expect(probe.code == 0)
        if let keepsContext {
            func end(_ keepsContext: Bool) -> String {
                "with a window of 9 bits" + (keepsContext ? " and context takeover" : "")
            }
            let told =
                "permessage-deflate (sends \(end(keepsContext.sends)), receives \(end(keepsContext.receives)))"
            #expect(probe.errors.contains(told), "\(probe.errors)")
        } else {
            #expect(!probe.errors.contains("permessage-deflate"))
        }
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("a large message in both directions")
    func large() async throws {
        let (server, url) = try await ServeTests.start()
        let line = String(repeating: "0123456789abcdef", count: 65_536)
        let probe = try await Tool.run(["connect", url, "--quiet"], input: line + "\n")
        #expect(probe.output == line + "\n")
        #expect(probe.errors.isEmpty)
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("a reader of its output that takes its time gets every reply")
    func slowReader() async throws {
        let (server, url) = try await ServeTests.start()
        // More than a pipe and the mailbox hold, and a pause that is longer than the silence that ends it.
        let lines = (0..<1_000).map { "\($0) " + String(repeating: "x", count: 800) + "\n" }.joined()
        let probe = try Running(["connect", url], pipedInto: "sleep 1; cat")
        probe.type(lines)
        probe.endInput()
        #expect(try await probe.finish(within: 600).output == lines)
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("interrupted")
    func interrupted() async throws {
        let (server, url) = try await ServeTests.start()
        let probe = try Running(["connect", url])
        probe.type("x\n")
        _ = try await probe.firstLine()
        probe.signal(SIGINT)
        #expect(try await probe.finish(within: 600).code == 130)
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test(
        "no connection",
        arguments: [
            ("ws://127.0.0.1:1/", Int32(69), "Connection refused"), ("ws://nonesuch.invalid/", 69, "cannot resolve"),
            ("http://127.0.0.1/", 64, "ws://"), ("https://127.0.0.1/", 64, "wss://"),
            ("ws://127.0.0.1:99999/", 64, "port"),
        ])
    func refused(url: String, code: Int32, words: String) async throws {
        let probe = try await Tool.run(["connect", url])
        #expect(probe.code == code)
        #expect(probe.errors.contains(words))
        #expect(probe.output.isEmpty)
    }

    @Test("a field that would break the request is refused before anything is sent")
    func injection() async throws {
        let probe = try await Tool.run(["connect", "ws://127.0.0.1:1/", "--header", "X: a\r\nY: b"])
        #expect(probe.code == 64)
    }
}
