import ArgumentParser
import Testing

@testable import watertight

@Suite("Options that are given twice")
struct RepeatedOptionTests {
    private func problem(_ arguments: [String], _ command: any ParsableCommand.Type) -> String? {
        do {
            try RepeatedOptions.refuse(in: arguments, of: command)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(
        "an option with one value may be given once",
        arguments: [
            (CheckCommand.self, ["--first-message", "a", "--first-message", "b"], "--first-message"),
            (CheckCommand.self, ["--budget=5", "--seed", "1", "--budget", "5"], "--budget"),
            (CheckCommand.self, ["--json", "-", "--json", "x"], "--json"),
            (WatchCommand.self, ["--record=a", "--record=a"], "--record"),
            (ServeCommand.self, ["--port", "1", "--port", "1"], "--port"),
            (ConnectCommand.self, ["--origin", "a", "ws://b", "--origin", "c"], "--origin"),
        ] as [(any ParsableCommand.Type, [String], String)])
    func refused(command: any ParsableCommand.Type, arguments: [String], name: String) {
        #expect(
            problem(arguments, command) == "\(name) was given more than once: it has one value, so it may be given once"
        )
    }

    @Test(
        "repeatable options, values and the command to start may say anything twice",
        arguments: [
            (CheckCommand.self, ["--header", "A: b", "--header", "C: d", "--lifecycle", "fin", "--lifecycle", "rst"]),
            (CheckCommand.self, ["--query", "a=b", "--query=a=b", "--heap", "none", "--subprotocol", "x"]),
            (CheckCommand.self, ["--set", "a=b", "--set", "c=d", "--seed", "1", "--budget", "5"]),
            (CheckCommand.self, ["--budget", "5", "--", "server", "--budget", "5", "--budget", "6"]),
            (CheckCommand.self, ["--first-message=--origin", "--closing-message=--origin"]),
            (ConnectCommand.self, ["--header", "A: b", "--header", "A: b", "--quiet", "--quiet"]),
            (ServeCommand.self, ["--allow-origin", "a", "--allow-origin", "b"]),
        ] as [(any ParsableCommand.Type, [String])])
    func accepted(command: any ParsableCommand.Type, arguments: [String]) {
        #expect(problem(arguments, command) == nil)
    }

    @Test("the parser tells of every command which of its options have one value")
    func known() {
        for command in Watertight.configuration.subcommands where command != LifecyclesCommand.self {
            #expect(!RepeatedOptions.singleValued(of: command).isEmpty, "\(command)")
        }
    }

    @Test("the tool ends with a usage error that names the option")
    func tool() async throws {
        let end = try await Tool.run(["check", "--first-message", "a", "--first-message", "b", "--", "/nonexistent"])
        #expect(end.code == 64)
        #expect(end.errors.contains("--first-message was given more than once"), "\(end.errors)")
        #expect(end.output.isEmpty)
    }
}
