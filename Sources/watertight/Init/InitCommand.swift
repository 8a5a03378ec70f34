import ArgumentParser
import Environments
import Glibc
import SystemCalls
import Targets

/// `watertight init`: writes a configuration file for what runs.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write watertight.yml with a target for a server that runs.",
        discussion: """
            It looks in /proc who listens on the port, takes the command that started it, and asks the usual paths for a \
            WebSocket. Then watertight check checks the target. Without a port it takes the only server that runs, or \
            lists them.

              watertight init 8080

            Exit codes: 0 written, 64 wrong arguments or a file that is already there, 69 no server found, 70 internal error.
            """)

    @Argument(help: ArgumentHelp("Port of the server.", valueName: "PORT"))
    var port: ListenerArgument?
    @Option(help: ArgumentHelp("Name of the target. Default: that of the program.", valueName: "name"))
    var name: String?
    @Option(help: ArgumentHelp("File to write; - is stdout.", valueName: "file"))
    var output = ConfigurationFile.names[0]
    @Flag(help: "Print the JSON schema of the file, for editors, and write none.")
    var schema = false

    func validate() throws {
        let isPlain = name?.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        if let name, name.isEmpty || isPlain == false || name.first?.isNumber == true {
            throw ValidationError("--name: letters, digits, - and _, a letter first, not \"\(name)\"")
        }
    }

    func run() async throws {
        guard !schema else {
            StandardOutput.print(try ConfigurationSchema.render())
            return
        }
        guard output == "-" || access(output, F_OK) != 0 else {
            throw ValidationError("\(output) is already there: change it by hand, or name another with --output")
        }
        let server = try server()
        let path = await PathSearch.path(port: server.port)
        let text = ConfigurationText.text(of: server, named: name ?? server.name, path: path)
        guard output != "-" else {
            StandardOutput.write(text)
            return
        }
        let file: ReportFile
        do {
            file = try ReportFile(output)
        } catch {
            throw ValidationError("--output: \(error)")
        }
        try file.write(text)
        StandardOutput.print("wrote \(output); watertight check \(name ?? server.name) checks it")
        if path == nil {
            StandardError.print(
                "watertight: port \(server.port) speaks no WebSocket at the usual paths: write the one that it has into the url"
            )
        }
    }

    private func server() throws -> RunningServer {
        if let port {
            guard let server = RunningServer.listening(on: port.port) else {
                StandardError.print(
                    "watertight: no server of yours listens on port \(port.port): start it first, or run as its user")
                throw Code.unreachable
            }
            return server
        }
        let all = RunningServer.all()
        guard all.count == 1 else {
            let list = all.map { "\n  \($0.port)  \(ShellText.quoted($0.commandLine).prefix(100))" }.joined()
            throw ValidationError(
                all.isEmpty
                    ? "no server of yours listens: start yours, then give its port" : "give the port of one of:\(list)")
        }
        return all[0]
    }
}

/// The text of a configuration file.
enum ConfigurationText {
    /// A file with `server` as its only target.
    static func text(of server: RunningServer, named name: String, path: String?) -> String {
        var lines = [
            "# What watertight check \(name) does. Keys are its options' names, see watertight check --help.",
            "# An option is stronger than its variable, such as WATERTIGHT_PROFILE, and that than this file.",
            "targets:", "  \(name):",
        ]
        if let command = server.command {
            lines.append("    url: \(scalar("ws://127.0.0.1:{port}\(path ?? "/")"))")
            lines.append("    command: [\(command.map(scalar).joined(separator: ", "))]")
        } else {
            let words = server.commandLine.map(scalar).joined(separator: ", ")
            lines.append(
                "    # Its command does not name the port, so the server that runs is checked. To have it started")
            lines.append(
                "    # afresh for each lifecycle, give the command, with {port} or the variable PORT for its port:")
            lines.append("    # url: \(scalar("ws://127.0.0.1:{port}\(path ?? "/")"))")
            lines.append("    # command: [\(words)]")
            lines.append("    url: \(scalar("ws://127.0.0.1:\(server.port)\(path ?? "/")"))")
        }
        lines += [
            "    profile: default        # quick for every push, soak for the night",
            "    # html: leaks.html      # and junit, markdown, json",
            "    # known-leaks: known-leaks.json",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// A text as YAML takes it on one line.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._".contains($0)) }
        let reads = isPlain && text.first?.isLetter == true && !["true", "false", "null", "yes", "no"].contains(text)
        if reads { return text }
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\t": "\\t"
            default: scalar.value < 0x20 ? "\\u" + String(format(scalar.value)) : String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }

    private static func format(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
