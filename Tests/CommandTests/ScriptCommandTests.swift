import ArgumentParser
import Foundation
import LeakCheck
import Lifecycles
import TestSupport
import Testing
import WebSocketProtocol

@testable import watertight

@Suite("Scripts on the command line")
struct ScriptCommandTests {
    /// A folder with files of these names and texts, removed when it goes out of scope.
    private final class Folder {
        let path: String

        init(_ files: [String: String]) throws {
            path = FileManager.default.temporaryDirectory.appending(path: "watertight-scripts-\(UUID())").path()
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for (name, text) in files { try text.write(toFile: self[name], atomically: false, encoding: .utf8) }
        }

        subscript(name: String) -> String { "\(path)/\(name)" }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func chosen(_ arguments: [String]) throws -> [String] {
        let command = try CheckCommand.parse(arguments + ["--", "server"])
        return try command.rows.chosen(command.profile, at: WebSocketURL("ws://127.0.0.1:1/")).map(\.name)
    }

    @Test("rows are named by the files, and stand behind the lifecycles that were named")
    func rows() throws {
        let folder = try Folder(["chat.lifecycle": "open\nfin", "fin": "open\nreset"])
        #expect(try chosen(["--script", folder["chat.lifecycle"]]) == ["chat.lifecycle"])
        #expect(
            try chosen(["--script", folder["fin"], "--lifecycle", "fin"]) == ["fin", "fin.lifecycle"],
            "never by a name of the catalogue")
        #expect(throws: (any Error).self) {
            try chosen(["--script", folder["chat.lifecycle"], "--script", folder["chat.lifecycle"]])
        }
    }

    @Test("what is skipped is left out, of a profile as of what was named")
    func skip() throws {
        let names = try chosen(["--skip", "vanish-open", "--skip", "fin"])
        #expect(!names.contains { $0.hasPrefix("vanish-open") || $0 == "fin" })
        #expect(names.count == Lifecycle.standard(isSecure: false).count - 3)
        #expect(try chosen(["--lifecycle", "reset", "--skip", "reset/open"]) == ["reset/mid-message", "reset/unread"])
        #expect(throws: (any Error).self) { try chosen(["--lifecycle", "fin", "--skip", "fin"]) }
        #expect(throws: (any Error).self) { try CheckCommand.parse(["--skip", "nonesuch"]) }
    }

    @Test("a command gives the lines, and one that fails or says nothing is refused with what it said")
    func setup() async throws {
        func lines(_ command: String) async throws -> [String] {
            try await LineOptions.parse(["--setup", command]).read()
        }
        #expect(try await lines("printf 'a\n\nb\n'") == ["a", "b"])
        for (command, words) in [
            ("echo no login >&2; exit 3", "--setup: the command has exited with code 3: no login"),
            ("true", "--setup: the command wrote no line"),
            ("printf '\\377'", "--setup: the command wrote no text in UTF-8"),
        ] {
            let error = await #expect(throws: ValidationError.self) { try await lines(command) }
            #expect(error?.message == words)
        }
        #expect(throws: (any Error).self) { try LineOptions.parse(["--setup", "a", "--values", "b"]) }
        let check = try CheckCommand.parse(["--setup", "./tokens 9", "--", "server"])
        #expect(check.reproducer(of: .fin, seed: 3).contains("--lifecycle fin --setup './tokens 9' --seed 3"))
    }

    @Test("the command that reproduces a script's row names its file and its values")
    func reproducer() async throws {
        let folder = try Folder(["chat.lifecycle": "open /{line}\nfin", "users": "ann\n\nbob\n"])
        let command = try CheckCommand.parse([
            "--script", folder["chat.lifecycle"], "--values", folder["users"], "--", "server",
        ])
        let lifecycle = try #require(try command.rows.chosen(.default, at: WebSocketURL("ws://127.0.0.1:1/")).first)
        #expect(
            command.reproducer(of: lifecycle, seed: 3)
                == "watertight check --script \(folder["chat.lifecycle"]) --values \(folder["users"]) --seed 3 -- server"
        )
        #expect(try await command.peers.lines.read() == ["ann", "bob"])
    }

    @Test("--show prints a script that --script reads, and a family at once")
    func show() async throws {
        let end = try await Tool.run(["lifecycles", "--show", "slow-reader"])
        #expect(end.code == 0)
        let read = try Lifecycle(name: "slow-reader", script: end.output)
        #expect(read.steps == Lifecycle.slowReader.steps)
        #expect(end.output.hasPrefix("# slow-reader\nsummary makes the target send"))
        let family = try await Tool.run(["lifecycles", "--show", "reset"])
        #expect(family.output.contains("# reset/open\n") && family.output.contains("# reset/unread\n"))
        let none = try await Tool.run(["lifecycles", "--show", "nonesuch"])
        #expect(none.code == 64 && none.errors.contains("there is no lifecycle"), "\(none.errors)")
    }

    @Test("a mistake gives the file, the line and the column, before anything is started or written")
    func mistakes() async throws {
        let folder = try Folder(["bad.lifecycle": "open\nawait relpies 1\nfin", "line.lifecycle": "open /{line}\nfin"])
        let json = folder["report.json"]
        for (script, problem) in [
            (folder["bad.lifecycle"], "\(folder["bad.lifecycle"]):2:7: expected what to wait for"),
            (folder["line.lifecycle"], "{line} needs lines to stand for: give --values FILE or --setup COMMAND"),
            (folder["none.lifecycle"], "cannot open"), ("/dev/zero", "larger than 1048576 bytes"),
            (folder.path, "cannot read"),
        ] {
            let end = try await Tool.run(["check", "--script", script, "--json", json, "--", "/nonexistent"])
            #expect(end.code == 64 && end.errors.contains(problem), "\(end.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: json))
    }

    @Test("a script's row is checked, recorded with its text, and rendered and judged from the record", .timed)
    func check() async throws {
        let text = "# a user\nopen /chat?user={n}\nsend hello {n}\nexpect \"hello {n}\" within 10s\nfin\n"
        let folder = try Folder(["chat.lifecycle": text])
        let (record, json) = (folder["r.record"], folder["r.json"])
        let end = try await Tool.run([
            "check", "--script", folder["chat.lifecycle"], "--budget", "20s", "--pause", "1s", "--explain", "never",
            "--heap", "none", "--record", record, "--json", json, "--", Tool.path, "serve", "--port", "{port}",
            "--plant-leak", "descriptor@fin:2",
        ])
        #expect(end.code == 1, "\(end.output)\(end.errors)")
        #expect(end.output.contains("chat.lifecycle"))
        #expect(end.output.contains("reproduce: watertight check --script \(folder["chat.lifecycle"]) --seed"))
        let report = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: json))) as? [String: Any]
        let row = (report?["results"] as? [[String: Any]])?.first
        #expect(row?["lifecycle"] as? String == "chat.lifecycle" && row?["script"] as? String == text)
        try FileManager.default.removeItem(atPath: folder["chat.lifecycle"])
        let again = try await Tool.run(["report", record])
        #expect(again.code == 0 && again.output.contains("chat.lifecycle"), "\(again.errors)")
        let judged = try await Tool.run(["analyze", record])
        #expect(judged.code == 1, "\(judged.errors)")
    }
}

@Suite("Openings on the command line")
struct OpeningCommandTests {
    @Test("those that are shipped are printed as files that --opening reads")
    func show() async throws {
        for shipped in ShippedOpening.all {
            let end = try await Tool.run(["lifecycles", "--show-opening", shipped.name])
            #expect(end.code == 0 && end.output == shipped.text)
            #expect(try Opening(end.output) == shipped.opening)
        }
        let none = try await Tool.run(["check", "--speak", "sockjs", "--", "server"])
        #expect(none.code == 64 && none.errors.contains("there is no opening \"sockjs\"; the known ones are socket.io"))
    }

    @Test("the command that reproduces a row names them")
    func reproducer() throws {
        let command = try CheckCommand.parse([
            "--speak", "mqtt", "--message", "a b", "--closing-message", "c", "--", "server",
        ])
        #expect(
            command.reproducer(of: .fin, seed: 3)
                == "watertight check --lifecycle fin --seed 3 --speak mqtt --message 'a b' --closing-message c -- server"
        )
        #expect(throws: (any Error).self) {
            try CheckCommand.parse(["--speak", "mqtt", "--opening", "x", "--", "server"])
        }
    }

    @Test("a mistake in one gives the file, the line and the column")
    func mistake() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "opening-\(UUID())")
        try "send a\nexpcet b\n".write(to: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let end = try await Tool.run(["check", "--opening", file.path(), "--", "/nonexistent"])
        #expect(end.code == 64 && end.errors.contains("\(file.path()):2:1: expected a step"), "\(end.errors)")
        #expect(end.errors.contains("did you mean \"expect\"?"))
    }

    @Test(
        "a target that does not follow the opening ends the check at once, with what was expected and what came", .timed
    )
    func unfollowed() async throws {
        let end = try await Tool.run([
            "check", "--speak", "phoenix", "--budget", "10s", "--", Tool.path, "serve", "--port", "{port}",
        ])
        #expect(end.code == 64, "\(end.output)\(end.errors)")
        #expect(end.errors.contains("the target does not follow the opening: step 2"), "\(end.errors)")
        #expect(end.errors.contains("waiting for a message with \"phx_reply\""))
        #expect(end.errors.contains("the last message was [\"1\",\"1\",\"room:lobby\",\"phx_join\",{}]"))
    }
}
