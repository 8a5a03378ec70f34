import Foundation
import TestSupport
import Testing

/// The tool through TLS, against itself.
@Suite("wss://", .serialized)
struct TLSCommandTests {
    /// A server with a certificate of its own, in a file.
    private static func with(
        _ options: [String] = [], _ body: (_ url: String, _ certificate: String, Running) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "watertight-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appending(path: "certificate.pem").path
        let server = try Running(["serve", "--port", "0", "--tls", "--write-cert", certificate] + options)
        let line = try await server.firstLine()
        let url = try #require(line.split(separator: " ").last.map(String.init))
        #expect(url.hasPrefix("wss://127.0.0.1:"))
        try await body(url, certificate, server)
        server.signal(SIGTERM)
        _ = try await server.finish(within: 600)
    }

    @Test("a message there and back: what trusts the certificate, and what does not")
    func connect() async throws {
        try await Self.with { url, certificate, _ in
            for trust in [["--cacert", certificate], ["-k"], ["--insecure", "--tls-max", "1.2"]] {
                let end = try await Tool.run(["connect", url] + trust, input: "hello\n")
                #expect(end.code == 0 && end.output == "hello\n", "\(end.errors)")
                #expect(end.errors.contains(trust.contains("1.2") ? "TLSv1.2" : "TLSv1.3"))
                #expect(end.errors.contains("certificate of CN=localhost, \(trust.count == 2 ? "" : "not ")verified"))
            }
            let end = try await Tool.run(["connect", url])
            #expect(end.code == 69)
            #expect(end.errors.contains("the certificate of CN=localhost is not trusted: self"), "\(end.errors)")
            #expect(end.errors.contains("--cacert FILE, or accept any with --insecure"))
            let misnamed = try await Tool.run(
                ["connect", url, "--cacert", certificate, "--servername", "example.org"])
            #expect(misnamed.code == 69 && misnamed.errors.contains("mismatch"), "\(misnamed.errors)")
            // Empty, as of a variable that is not set: it would stand for any name.
            for command in [["connect"], ["check"], ["drive", "--lifecycle", "fin"]] {
                let unnamed = try await Tool.run(command + [url, "--cacert", certificate, "--servername", ""])
                #expect(unnamed.code == 64, "\(unnamed.errors)")
                #expect(unnamed.errors.contains("--servername needs a name"), "\(unnamed.errors)")
            }
        }
    }

    @Test("a certificate of the client's needs its key, a file that has one, and a wss:// URL")
    func clientCertificate() async throws {
        for (options, words) in [
            (["wss://127.0.0.1:1/", "--cert", "a.pem"], "--cert and --key go together"),
            (["ws://127.0.0.1:1/", "--cert", "a.pem", "--key", "a.key"], "--cert needs a wss:// URL"),
            (["wss://127.0.0.1:1/", "--cert", "/nowhere", "--key", "/nowhere"], "cannot read /nowhere: No such file"),
        ] {
            for command in [["connect"], ["check"], ["drive", "--lifecycle", "fin"]] {
                let end = try await Tool.run(command + options)
                #expect(end.code == 64 && end.errors.contains(words), "\(command) \(options): \(end.errors)")
            }
        }
    }

    @Test("the authorities may come from a pipe, which can be read once")
    func pipedAuthorities() async throws {
        try await Self.with { url, certificate, _ in
            let pem = try String(contentsOfFile: certificate, encoding: .utf8)
            for command in [
                ["connect", url, "-x", "hello", "--expect", "hello"], ["drive", url, "--lifecycle", "clean-close"],
                ["check", url, "--lifecycle", "clean-close", "--budget", "5", "--heap", "none"],
            ] {
                let end = try await Tool.run(command + ["--cacert", "/dev/stdin"], input: pem)
                #expect(command[0] == "check" ? end.code < 64 : end.code == 0, "\(end.code) \(end.errors)")
            }
            let none = try await Tool.run(["connect", url, "--cacert", "/dev/null"])
            #expect(none.code == 64 && none.errors.contains("has no certificate"), "\(none.errors)")
            let clear = try await Tool.run(["connect", "ws://127.0.0.1:1/", "--cacert", certificate])
            #expect(clear.code == 64 && clear.errors.contains("--cacert needs a wss:// URL"), "\(clear.errors)")
        }
    }

    @Test("the wrong scheme is told from the first bytes, and the right one named")
    func schemes() async throws {
        try await Self.with { url, _, _ in
            let clear = url.replacing("wss://", with: "ws://")
            for command in ["connect", "check"] {
                let end = try await Tool.run([command, clear])
                #expect(end.code == 69, "\(end.errors)")
                #expect(end.errors.contains("write wss:// in place of ws://"), "\(end.errors)")
            }
        }
        let plain = try Running(["serve", "--port", "0"])
        let line = try await plain.firstLine()
        let url = try #require(line.split(separator: " ").last.map(String.init)).replacing("ws://", with: "wss://")
        for command in ["connect", "check"] {
            let end = try await Tool.run([command, url])
            #expect(end.code == 69, "\(end.errors)")
            #expect(end.errors.contains("does not speak TLS on this port: the scheme there is ws://"), "\(end.errors)")
        }
        plain.signal(SIGTERM)
        _ = try await plain.finish(within: 600)
    }

    @Test("check verifies what it is told to, and says so")
    func check() async throws {
        try await Self.with { url, certificate, _ in
            let some = ["check", url, "--lifecycle", "clean-close", "--budget", "5", "--heap", "none"]
            let trusting = try await Tool.run(some + ["--cacert", certificate])
            #expect(trusting.output.contains("TLSv1.3, TLS_AES_256_GCM_SHA384, certificate of CN=localhost, verified"))
            // On loopback anybody is who they say they are.
            let believing = try await Tool.run(some + ["--tls-max", "1.2"])
            #expect(believing.output.contains("target       \(url), process "), "\(believing.output)")
            #expect(believing.output.contains("certificate of CN=localhost, not verified"), "\(believing.output)")
            let misnamed = try await Tool.run(
                some + ["--cacert", certificate, "--servername", "example.org"])
            #expect(misnamed.code == 69 && misnamed.errors.contains("mismatch"), "\(misnamed.errors)")
        }
    }

    @Test("a page of the server's is read over https")
    func heapPage() async throws {
        try await Self.with { url, _, _ in
            let page = url.replacing("wss://", with: "url:https://") + "metrics#watertight_connections"
            let end = try await Tool.run(
                ["check", url, "--lifecycle", "clean-close", "--budget", "5", "--heap", page])
            #expect(end.output.contains("watertight_connections"), "\(end.output) \(end.errors)")
        }
    }

    @Test("a certificate and its key from files")
    func files() async throws {
        try await Self.with { _, certificate, _ in
            for (arguments, words) in [
                (["--cert", certificate], "--cert and --key go together"),
                (["--write-cert", "x"], "--write-cert needs --tls"),
                (["--cert", certificate, "--key", certificate], "has no private key that can be read"),
            ] {
                let end = try await Tool.run(["serve", "--port", "0"] + arguments)
                #expect(end.code == 64 && end.errors.contains(words), "\(end.errors)")
            }
        }
    }

    @Test("a planted leak is found through TLS", .timed)
    func plantedLeak() async throws {
        let end = try await Tool.run(
            [
                "check", "wss://127.0.0.1:{port}/", "--lifecycle", "fin", "--lifecycle", "clean-close", "--budget",
                "40", "--pause", "3",
            ]
                + ["--", Tool.path, "serve", "--tls", "--port", "{port}", "--plant-leak", "descriptor@fin"])
        #expect(end.code == 1, "\(end.output) \(end.errors)")
    }

    @Test("what is about TLS needs a wss:// URL: by its name, or in a script")
    func lifecyclesAboutTLS() async throws {
        for words in [["check", "--budget", "5"], ["drive"]] {
            let end = try await Tool.run(words + ["ws://127.0.0.1:1/", "--lifecycle", "tls-hello/half"])
            #expect(end.code == 64 && end.errors.contains("tls-hello/half is about TLS: it needs a wss:// URL"))
        }
        try await Self.with { url, _, _ in
            let end = try await Tool.run(["drive", url, "--lifecycle", "tls-notify/fin", "--trace"])
            #expect(end.code == 0, "\(end.errors)")
            for words in ["tls close-notify", "ClientHello", "ServerHello", "application_data", "GET / HTTP/1.1"] {
                #expect(end.output.contains(words))
            }
            let refused = try await Tool.run(["drive", url, "--lifecycle", "tls-refuse/cipher", "--trace"])
            #expect(refused.code == 0 && refused.output.contains("TLS: alert, 2 bytes: handshake_failure"))
        }
        let list = try await Tool.run(["lifecycles"])
        #expect(list.output.contains("* tls-refuse/distrust") && list.output.contains("  tls-session/resumed"))
        let shown = try await Tool.run(["lifecycles", "--show", "tls-unanswered/hold"])
        #expect(shown.output.contains("tls close-notify off\nreading off\nhold\nreset"))
    }
}
