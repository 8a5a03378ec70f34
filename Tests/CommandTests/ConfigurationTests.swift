import ArgumentParser
import Environments
import Foundation
import LeakCheck
import Testing

@testable import watertight

@Suite("Arguments from the configuration file and the environment")
struct ConfigurationTests {
    private static let options = CommandOptions(of: CheckCommand.self)

    private static let text = """
        targets:
          chat:
            command: node 'my server.js' --port {port}
            url: ws://127.0.0.1:{port}/chat
            profile: quick
            lifecycle: [fin, reset]
            insecure: false
            first-message: --hello
          api: {url: 8080}
        """

    private func configured(
        _ typed: [String], variables: [String: String] = [:], text: String? = text
    ) throws -> ConfiguredArguments {
        try ConfiguredArguments(
            typed, of: Self.options, file: try text.map { try ConfigurationFile($0, path: "w.yml") },
            variables: variables)
    }

    @Test("a target's options, URL and command are those of a command line")
    func target() throws {
        let arguments = try configured(["chat", "--seed", "7"])
        #expect(arguments.target == "chat")
        #expect(
            arguments.words == [
                "--seed", "7", "--profile=quick", "--lifecycle=fin", "--lifecycle=reset", "--first-message=--hello",
                "ws://127.0.0.1:{port}/chat", "--", "node", "my server.js", "--port", "{port}",
            ])
        let command = try CheckCommand.parse(arguments.words)
        #expect(command.profile == .quick)
        #expect(command.target.command == ["node", "my server.js", "--port", "{port}"])
        #expect(command.peers.opening.firstMessage == "--hello")
        #expect(arguments.all.first { $0.name == "profile" }?.origin == .file(path: "w.yml", .init(line: 5, column: 5)))
    }

    @Test("an option is stronger than its variable, and that than the file; a list is replaced as a whole")
    func precedence() throws {
        let variables = ["WATERTIGHT_PROFILE": "soak", "WATERTIGHT_SEED": "9", "WATERTIGHT_LIFECYCLE": "clean-close"]
        let words = try configured(["chat", "--seed=7"], variables: variables).words
        #expect(words.filter { $0.hasPrefix("--seed") } == ["--seed=7"])
        #expect(words.filter { $0.hasPrefix("--profile") } == ["--profile=soak"])
        #expect(words.filter { $0.hasPrefix("--lifecycle") } == ["--lifecycle=clean-close"])
        // What is typed after -- replaces the file's command.
        #expect(try configured(["chat", "--", "other"]).words.suffix(2) == ["--", "other"])
    }

    @Test("flags are true or false")
    func flags() throws {
        #expect(try configured([], variables: ["WATERTIGHT_INSECURE": "true"], text: nil).words == ["--insecure"])
        #expect(try configured([], variables: ["WATERTIGHT_INSECURE": "0"], text: nil).words == [])
        let error = #expect(throws: ValidationError.self) {
            try configured([], variables: ["WATERTIGHT_INSECURE": "perhaps"], text: nil)
        }
        #expect(error?.message == "WATERTIGHT_INSECURE: expected true or false, not \"perhaps\"")
    }

    @Test("a URL, a port or a command of the command line is none of the file's targets")
    func noTarget() throws {
        for typed in [["ws://127.0.0.1:1/"], ["8080"], ["localhost:8080"], ["--", "node", "x.js"]] {
            #expect(try configured(typed).words == typed)
            #expect(try configured(typed).target == nil)
        }
    }

    @Test("without a name the only target is taken; of several one must be named")
    func only() throws {
        let one = try configured([], text: "targets: {a: {url: 8080, insecure: true}}")
        #expect(one.words == ["--insecure", "8080"])
        let error = #expect(throws: ValidationError.self) { try configured([]) }
        #expect(error?.message == "w.yml has 2 targets: name one of chat, api")
        #expect(try configured([], text: "settings: {}").words == [])
    }

    @Test(
        "what cannot be meant says what can",
        arguments: [
            (["cat"], "w.yml has no target \"cat\"; did you mean \"chat\"?; it has chat, api"),
            (["node", "server.js"], "put -- before a command: -- node server.js"),
            (["--lifecycles", "fin"], "there is no option --lifecycles; did you mean --lifecycle?"),
        ])
    func refused(typed: [String], words: String) {
        let error = #expect(throws: ValidationError.self) { try configured(typed) }
        #expect(error?.message == words)
    }

    @Test("without a file a name is refused with what can be done")
    func withoutFile() {
        let error = #expect(throws: ValidationError.self) { try configured(["chat"], text: nil) }
        #expect(error?.message.contains("watertight init") == true)
    }

    @Test(
        "a mistake in a target has its place",
        arguments: [
            ("profil: quick", "w.yml:3:5: there is no option \"profil\"; did you mean \"profile\"?"),
            ("profile: [quick]", "w.yml:3:14: profile: expected one value, not a list"),
            ("insecure: maybe", "w.yml:3:15: insecure: expected true or false, not \"maybe\""),
            ("lifecycle: [{a: b}]", "w.yml:3:17: lifecycle: expected a value, not a mapping"),
            ("command: node \"x", "w.yml:3:14: command: a quote is not closed"),
            ("command:", "w.yml:3:13: command: expected a line or a list of words"),
            ("config: x", "w.yml:3:5: there is no option \"config\""),
            ("url: [a]", "w.yml:3:10: url: expected one value, not a list"),
        ])
    func mistakes(line: String, words: String) {
        let mistake = #expect(throws: ConfigurationFile.Mistake.self) {
            try configured(["a"], text: "targets:\n  a:\n    \(line)\n")
        }
        #expect(mistake?.description.hasPrefix(words) == true, "\(mistake?.description ?? "")")
    }

    @Test("a value that the parser refuses is refused with its place")
    func located() throws {
        let arguments = try configured(["a"], text: "targets: {a: {profile: quik, seed: 4}}")
        let error = #expect(throws: (any Error).self) { try Watertight.parseAsRoot(["check"] + arguments.words) }
        let located = Configurations.located(error!, in: arguments, of: "check")
        #expect(Watertight.message(for: located).hasPrefix("w.yml:1:15: The value 'quik' is invalid"))
    }

    @Test("a search takes of a target what the server is and how its peers speak, and not what is a check's")
    func search() throws {
        let text = "targets: {a: {url: 8080, first-message: hi, budget: 60, json: x, lifecycle: fin, pause: 9s}}"
        let options = CommandOptions(of: SearchCommand.self)
        func words(_ text: String) throws -> [String] {
            try ConfiguredArguments(
                ["a"], of: options, file: ConfigurationFile(text, path: "w.yml"), variables: [:],
                targetOptions: Self.options, takes: SearchCommand.takesFromTarget
            ).words
        }
        #expect(try words(text) == ["--first-message=hi", "--pause=9s", "8080"])
        #expect(throws: ConfigurationFile.Mistake.self) { try words("targets: {a: {url: 8080, bugdet: 60}}") }
    }

    @Test("the schema has every option once, and what it lists is what the parser takes")
    func schema() throws {
        let text = try ConfigurationSchema.render()
        let schema = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let targets = try #require((schema["properties"] as? [String: Any])?["targets"] as? [String: Any])
        let target = try #require(targets["additionalProperties"] as? [String: Any])
        let names = Set(try #require(target["properties"] as? [String: Any]).keys)
        let options = Self.options.all.filter(ConfiguredArguments.isConfigurable).map(\.name)
        #expect(names == Set(options + ["url", "command"]))
        #expect(names.isSuperset(of: ["profile", "first-message", "allow", "known-leaks"]))
    }

    @Test(
        "a line is taken apart as a shell would",
        arguments: [
            ("a  b\tc", ["a", "b", "c"]), ("'a b' \"c \\\"d\\\"\"", ["a b", "c \"d\""]), ("a\\ b''", ["a b"]),
            ("\"\"", [""]), ("", []), ("'a", nil), ("a\\", nil),
        ] as [(String, [String]?)])
    func words(line: String, words: [String]?) {
        #expect(ShellText.words(of: line) == words)
    }

    @Test(
        "a server's address is as short as people write it",
        arguments: [
            ("8080", "ws://127.0.0.1:8080"), ("8080/chat?a=b", "ws://127.0.0.1:8080/chat?a=b"),
            ("localhost:8080/chat", "ws://localhost:8080/chat"), ("wss://a/", "wss://a/"), ("0", "0"), ("chat", "chat"),
            ("a:{port}/x", "ws://a:{port}/x"), ("http://a:1", "http://a:1"),
        ])
    func addresses(text: String, url: String) {
        #expect(TargetURL.completed(text) == url)
    }

    @Test("a file in the current folder is found, its check runs, and its settings hold")
    func tool() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "configuration-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = "settings: {cleanupLimit: 123ms}\ntargets:\n  own: {profile: quick, allow: fin:descriptors=0.5}\n"
        try text.write(to: folder.appending(path: "watertight.yml"), atomically: true, encoding: .utf8)
        let script = "cd '\(folder.path(percentEncoded: false))' && exec \"$@\""
        let printed = try await Running.shell(script, ["check", "own", "--print-config"]).finish(within: 600)
        #expect(printed.code == 0)
        #expect(printed.output.contains("watertight.yml:3:9"), "\(printed.output)")
        let environment = try await Running.shell(script, ["environment"]).finish(within: 600)
        #expect(environment.output.contains("123ms"))
        let variables = try await Running.shell(
            script, ["environment"], environment: ["WATERTIGHT_PROFILE": "quick", "WATERTIGHT_PROFIL": "quick"]
        ).finish(within: 600)
        #expect(variables.output.contains("WATERTIGHT_PROFIL is no setting and no option"))
        #expect(!variables.output.contains("WATERTIGHT_PROFILE is"))
        let refused = try await Running.shell(script, ["check", "other"]).finish(within: 600)
        #expect(refused.code == 64)
    }
}
