import Environments
import Foundation
import Testing

@testable import watertight

@Suite("A file for a server that runs")
struct InitTests {
    private func server(_ words: [String], port: UInt16 = 8080, readsPort: Bool = false) -> RunningServer {
        RunningServer(port: port, pid: 1, commandLine: words, readsPortVariable: readsPort)
    }

    @Test(
        "a target is named after its script, or its program",
        arguments: [
            (["node", "/srv/chat-server.js"], "chat-server"), (["/usr/bin/python3", "-u", "app.py"], "app"),
            (["/opt/gate", "--x.y"], "gate"), (["java", "-jar", "my.service.jar"], "my"), (["node"], "node"),
            (["7zip"], "server"), ([], "server"),
        ])
    func names(words: [String], name: String) {
        #expect(server(words).name == name)
    }

    @Test(
        "the port is replaced where it stands alone",
        arguments: [
            (["s", "--port", "8080"], ["s", "--port", "{port}"]),
            (["s", "--bind=0.0.0.0:8080"], ["s", "--bind=0.0.0.0:{port}"]),
            (["s", "18080", "8080"], ["s", "18080", "{port}"]), (["s", "80801"], nil), (["s"], nil),
        ] as [([String], [String]?)])
    func command(words: [String], command: [String]?) {
        #expect(server(words).command == command)
    }

    @Test("a server that reads PORT is started with it")
    func variable() {
        #expect(server(["s"], readsPort: true).command == ["s"])
    }

    @Test("what is written is read again as the same check", arguments: [true, false])
    func roundTrip(namesPort: Bool) throws {
        let words = ["node", "a \"b\"\\c\n.js", "--port", namesPort ? "8080" : "x", "true", "-1"]
        let text = ConfigurationText.text(of: server(words), named: "chat", path: "/ws?a=b")
        let arguments = try ConfiguredArguments(
            ["chat"], of: CommandOptions(of: CheckCommand.self), file: try ConfigurationFile(text, path: "w.yml"),
            variables: [:])
        if namesPort {
            #expect(
                arguments.words == [
                    "--profile=default", "ws://127.0.0.1:{port}/ws?a=b", "--", words[0], words[1], "--port", "{port}",
                    "true", "-1",
                ])
        } else {
            #expect(arguments.words == ["--profile=default", "ws://127.0.0.1:8080/ws?a=b"])
        }
    }

    @Test("a server that runs is found by its port, with the path that it upgrades, and a file is never overwritten")
    func tool() async throws {
        let server = try Running(["serve", "--port", "0"])
        defer { server.signal(SIGKILL) }
        let line = try await server.firstLine()
        let port = try #require(line.firstMatch(of: /:(\d+)\//)).output.1
        let file = FileManager.default.temporaryDirectory.appending(path: "init-\(UUID()).yml").path(
            percentEncoded: false)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let first = try await Tool.run(["init", "\(port)", "--output", file, "--name", "own"])
        #expect(first.code == 0, "\(first.errors)")
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("ws://127.0.0.1:\(port)/"))
        #expect(try await Tool.run(["init", "\(port)", "--output", file]).code == 64)
        #expect(try await Tool.run(["init", "1", "--output", "-"]).code == 69)
    }
}
