import Glibc
import ProcessResources
import Targets

/// A server that runs on this machine, as /proc shows it.
struct RunningServer: Hashable {
    /// The port that it listens on.
    var port: UInt16
    /// The process that leads the others.
    var pid: Int32
    /// Its arguments, files by paths that hold here; empty where it has erased them.
    var commandLine: [String]
    /// Whether its environment variable PORT has the port.
    var readsPortVariable: Bool

    /// The server that listens on `port`; nil where there is none that may be read.
    static func listening(on port: UInt16) -> RunningServer? {
        guard let pid = try? Target.listeningProcesses(port: port).first else { return nil }
        guard let process = try? ProcessReader(pid: pid) else { return nil }
        return RunningServer(
            port: port, pid: pid,
            commandLine: absolute((try? process.commandLine()) ?? [], folder: try? process.workingDirectory()),
            readsPortVariable: (try? process.variables().contains("PORT=\(port)")) ?? false)
    }

    /// Words that name files below `folder`, with it where it is not the current one.
    private static func absolute(_ words: [String], folder: String?) -> [String] {
        guard let folder, folder != (try? ProcessReader(pid: getpid()).workingDirectory()) else { return words }
        return words.map { word in
            let path = "\(folder)/\(word)"
            return !word.hasPrefix("/") && !word.hasPrefix("-") && access(path, F_OK) == 0 ? path : word
        }
    }

    /// Every server of this user's that listens for TCP connections, by port; this process's own are left out.
    static func all() -> [RunningServer] {
        guard let ports = try? ProcessReader(pid: getpid()).listeningPorts() else { return [] }
        return ports.compactMap { port in
            // Without its arguments the process is one of the kernel's or of another user's.
            guard let server = listening(on: port), !server.commandLine.isEmpty else { return nil }
            return server
        }
    }

    /// A name for its target: what the program or its script is called.
    var name: String {
        let interpreters = ["node", "deno", "bun", "python", "ruby", "java", "php", "perl", "sh", "bash"]
        var words = commandLine.map(Self.lastComponent)
        if let program = words.first, interpreters.contains(where: { program.hasPrefix($0) }) {
            // The name of the script says more than that of its interpreter.
            let script = words.dropFirst().first { $0.contains(".") && !$0.hasPrefix("-") }
            words = [script ?? program]
        }
        let stem = (words.first ?? "").prefix { $0 != "." && $0 != ":" }
        let plain = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "-" }.joined()
        return plain.first?.isLetter == true ? plain : "server"
    }

    /// The command that starts it, its port replaced by `{port}` wherever it stands alone.
    ///
    /// Nil where nothing says that the server takes its port from its command or from the variable PORT: it would then be
    /// started on the port that it has now.
    var command: [String]? {
        let number = "\(port)"
        let words = commandLine.map { word in
            var replaced = ""
            var rest = word[...]
            while let range = rest.firstRange(of: number) {
                let before = rest[..<range.lowerBound].last
                let after = rest[range.upperBound...].first
                let standsAlone = before?.isNumber != true && after?.isNumber != true
                replaced += rest[..<range.lowerBound] + (standsAlone ? "{port}" : number)
                rest = rest[range.upperBound...]
            }
            return replaced + rest
        }
        return words == commandLine && !readsPortVariable ? nil : words
    }

    private static func lastComponent(_ path: String) -> String {
        String(path.split(separator: "/").last ?? path[...])
    }
}
