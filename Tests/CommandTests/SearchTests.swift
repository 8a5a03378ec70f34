import ArgumentParser
import Foundation
import Lifecycles
import Search
import TestSupport
import Testing
import WebSocketProtocol

@testable import watertight

@Suite("watertight search")
struct SearchCommandTests {
    private func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "watertight-search-\(UUID())").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test(
        "what is asked for wrongly is said before anything is started",
        arguments: [
            (["--budget", "1s"], "--budget must be at least 5 seconds"),
            (["--pause", "0.5s"], "--pause must be at least a second"),
            (["--dictionary", "/nonexistent/words"], "--dictionary: cannot open"),
            (["--record", "-"], "--record writes to a file"),
            (["--speak", "sockjs"], "there is no opening \"sockjs\""),
            (["--corpus", "/dev/null"], "--corpus: there is no folder /dev/null"),
            (["--most-findings", "0"], "--most-findings must be between"),
        ])
    func mistakes(arguments: [String], problem: String) async throws {
        let end = try await Tool.run(["search"] + arguments + ["--", "/nonexistent"])
        #expect(end.code == 64 && end.errors.contains(problem), "\(end.errors)")
    }

    @Test("a mistake in a script of the corpus gives the file, the line and the column")
    func corpusMistake() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "open\nawait relpies 1\nfin\n".write(
            toFile: "\(folder)/found-1.lifecycle", atomically: false, encoding: .utf8)
        let end = try await Tool.run(["search", "--corpus", folder, "--", "/nonexistent"])
        #expect(
            end.code == 64 && end.errors.contains("found-1.lifecycle:2:7: expected what to wait for"), "\(end.errors)")
        let check = try await Tool.run(["check", "--corpus", folder, "--", "/nonexistent"])
        #expect(check.code == 64 && check.errors.contains("found-1.lifecycle:2:7"), "\(check.errors)")
    }

    @Test("a check drives the findings of a corpus, and neither what comes before them nor what was only seen")
    func corpusRows() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["found-2.lifecycle", "found-2-before-1.lifecycle", "seen-ab.lifecycle", "notes.txt"] {
            try "open\nfin\n".write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
        }
        let command = try CheckCommand.parse(["--corpus", folder, "--", "server"])
        let chosen = try command.rows.chosen(command.profile, at: WebSocketURL("ws://127.0.0.1:1/"))
        #expect(chosen.map(\.name) == ["found-2.lifecycle"])
        #expect(command.rows.words(for: chosen[0]) == ["--script", "\(folder)/found-2.lifecycle"])
        #expect(try CorpusFolder(folder, made: false).firstNumber() == 3)
        #expect(try CorpusFolder(folder, made: false).scripts().count == 3)
    }

    @Test("a target that cannot be started is told as in a check")
    func unreachable() async throws {
        let end = try await Tool.run(["search", "--budget", "5s", "--", "/nonexistent"])
        #expect(end.code == 69 && end.errors.contains("cannot start \"/nonexistent\""), "\(end.errors)")
    }

    @Test("a search that is interrupted prints what it has", .timed)
    func interrupted() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let record = "\(folder)/record"
        let running = try Running([
            "search", "--budget", "300s", "--record", record, "--corpus", "\(folder)/corpus", "--", Tool.path, "serve",
            "--port", "{port}",
        ])
        _ = try await eventually(within: .seconds(300), "a trial in the record") {
            (try? String(contentsOfFile: record, encoding: .utf8))?.contains("\"kind\":\"tried\"") == true ? true : nil
        }
        running.signal(SIGINT)
        let end = try await running.finish(within: 600)
        #expect(end.code == 130, "\(end.output)\(end.errors)")
        #expect(end.output.contains("nothing was found; interrupted before the end (seed"), "\(end.output)")
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/corpus")
        #expect(files.contains { $0.hasPrefix("seen-") })
    }

    @Test("a planted leak is found, shrunk, kept in the corpus, and found again by a check of the corpus", .timed)
    func found() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = ["--", Tool.path, "serve", "--port", "{port}", "--plant-leak", "thread@bare-tcp"]
        let end = try await Tool.run(
            [
                "search", "--budget", "60s", "--pause", "1s", "--explain", "never", "--most-findings", "1", "--json",
                "-",
                "--corpus", folder, "--seed", "3",
            ] + server)
        #expect(end.code == 1, "\(end.output)\(end.errors)")
        let report = try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any]
        let finding = try #require((report?["findings"] as? [[String: Any]])?.first)
        #expect(report?["schema"] as? String == "watertight.search/1")
        #expect(finding["kind"] as? String == "leak" && finding["script"] as? String == "fin\n")
        #expect(
            (finding["reproducer"] as? String)?.hasPrefix("watertight check --script \(folder)/found-1.lifecycle")
                == true)
        let check = try await Tool.run(
            ["check", "--corpus", folder, "--pause", "1s", "--budget", "20s", "--explain", "never"] + server)
        #expect(check.code == 1 && check.output.contains("found-1.lifecycle"), "\(check.output)\(check.errors)")
    }
}
