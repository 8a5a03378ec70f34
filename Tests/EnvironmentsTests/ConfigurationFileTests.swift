import Testing

@testable import Environments

@Suite("The configuration file")
struct ConfigurationFileTests {
    @Test("everything that may stand in it, with its place")
    func whole() throws {
        let text = """
            # a comment
            environment: ci
            settings: {stressCycles: 3}
            targets:
              chat:
                command: [node, server.js]
                profile: quick
              "api": {url: "ws://127.0.0.1:8080/", heap: ~}
            """
        let file = try ConfigurationFile(text, path: "w.yml")
        #expect(file.environment?.content == .text("ci"))
        #expect(file.settings.map(\.key) == ["stressCycles"])
        #expect(file.targets.map(\.key) == ["chat", "api"])
        let chat = try file.entries(of: file.targets[0], "")
        #expect(chat.map(\.key) == ["command", "profile"])
        #expect(chat[1].place == .init(line: 7, column: 5))
        #expect(try file.text(of: chat[1]) == "quick")
        guard case .list(let words) = chat[0].value.content else {
            Issue.record("no list")
            return
        }
        #expect(words.map(\.content) == [.text("node"), .text("server.js")])
        #expect(words[1].place == .init(line: 6, column: 21))
        #expect(try file.entries(of: file.targets[1], "").last?.value.content == .nothing)
    }

    @Test("JSON is a part of YAML, and an empty file has nothing", arguments: ["", "# nothing", "{}", "null"])
    func empty(text: String) throws {
        #expect(try ConfigurationFile(text, path: "w.yml").targets.isEmpty)
        #expect(try ConfigurationFile("{\"targets\": {\"a\": {\"url\": 8080}}}", path: "w").targets.map(\.key) == ["a"])
    }

    @Test(
        "a mistake has its file, line and column, and says what was expected",
        arguments: [
            ("target: {}", "w.yml:1:1: there is no key \"target\" here; expected environment, settings or targets"),
            ("- a", "w.yml:1:1: expected keys and values, not a list"),
            ("targets: [a]", "w.yml:1:10: targets: expected targets by name, not a list"),
            ("targets:\n  a: b", "w.yml:2:6: a: expected options by name, not \"b\""),
            ("targets:\n  a: {}\n  a: {}", "w.yml:3:3: the key \"a\" stands twice: give one of them another name"),
            (
                "{\"targets\": {},\n \"targets\": {}}",
                "w.yml:2:2: the key \"targets\" stands twice: give one of them another name"
            ),
            ("targets:\n\ta: {}", "w.yml:2:1: this is no YAML: found character that cannot start any token"),
            ("targets: {a: [}", "w.yml:1:15: this is no YAML: did not find expected node content"),
            ("a: 1\n---\nb: 2", "w.yml:3:1: expected one document, here begins another"),
            ("targets: {[a]: b}", "w.yml:1:11: expected a key, not a list"),
        ])
    func mistakes(text: String, words: String) {
        let mistake = #expect(throws: ConfigurationFile.Mistake.self) { try ConfigurationFile(text, path: "w.yml") }
        #expect("\(mistake!)" == words)
    }

    @Test("a file that repeats itself by aliases is refused before it fills the memory")
    func aliases() {
        let lines = (1...20).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]" }
        let text = "a0: &a0 [x, x]\n" + lines.joined(separator: "\n")
        let mistake = #expect(throws: ConfigurationFile.Mistake.self) { try ConfigurationFile(text, path: "w.yml") }
        #expect("\(mistake!)".contains("more than 10000 values"))
    }

    @Test("a file that never ends, one that is not there, and one that is no text")
    func unreadable() throws {
        for (path, words) in [
            ("/dev/zero", "is larger than 1048576 bytes, the limit of such a file"),
            ("/nowhere/w.yml", "No such file or directory; name a file"),
            ("/proc/self/exe", "is larger"), ("/proc", "Is a directory"),
        ] {
            let mistake = #expect(throws: ConfigurationFile.Mistake.self) { try ConfigurationFile(at: path) }
            #expect("\(mistake!)".hasPrefix("\(path): \(words)"), "\(mistake!)")
            #expect("\(mistake!)".contains("name a file") == !words.contains("larger"))
        }
    }
}
