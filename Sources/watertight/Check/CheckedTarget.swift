import ArgumentParser
import Glibc
import HeapProbes
import LeakCheck
import Targets
import WebSocketProtocol

/// The server that a check drives, and what is read of it.
struct CheckedTarget: ParsableArguments {
    static let defaultStartLimit = DurationArgument(.seconds(30))

    @Option(
        name: .customLong("pid"),
        help: "Process to read, with its descendants; repeatable. Default: whoever listens on the URL's port.")
    var pids: [Int32] = []
    @Option(help: ControlGroupArgument.help, transform: ControlGroupArgument.named)
    var cgroup: ControlGroupArgument?
    @Option(help: "Time for a command to accept connections.")
    var startLimit = Self.defaultStartLimit
    @Option(
        help: ArgumentHelp(
            "Read the live heap, or a gauge of the user's, after a collection; repeatable. Default: auto.",
            discussion: """
                auto, none, node (also Deno), jvm, python, ruby, go[:URL] (net/http/pprof on a port of the target's, or at URL), native (C, C++, Rust, Swift), glibc (read from outside), command:CMD[#NAME], \
                url:http[s]://HOST:PORT/PATH[#NAME]. A NAME chooses a value, or names a number that is printed alone; one without \
                "bytes" in it is a count of its own, such as open sessions. {port} is the command's port. \
                The certificates of https pages are verified against the system's authorities alone, and on loopback not at all.
                """, valueName: "probe"),
        transform: HeapArgument.template)
    var heap: [HeapTemplate] = []
    @Argument(
        help: """
            ws://HOST:PORT/PATH, or wss:// for TLS, or a PORT of this machine; for a command the default is \
            ws://127.0.0.1:{port}/. Or the name of a target in watertight.yml.
            """, transform: TargetURL.completed)
    var url: String?
    @Argument(parsing: .postTerminator, help: "Command to start and check, after --.")
    var command: [String] = []

    func validate() throws {
        try HeapArgument.validate(heap)
        if command.isEmpty && url != nil && heap.contains(where: \.namesPort) {
            throw ValidationError("{port} in --heap needs a command to start, after --")
        }
        if !pids.isEmpty && url == nil { throw ValidationError("--pid needs the URL of the server as well") }
        if !pids.isEmpty && !command.isEmpty {
            throw ValidationError("--pid names a server that runs, -- COMMAND one to start: give one of them")
        }
        if cgroup != nil && (url == nil || !pids.isEmpty || !command.isEmpty) {
            throw ValidationError(
                "--cgroup needs the URL of a server that runs there, and neither --pid nor -- COMMAND")
        }
        if let url, command.isEmpty && url.contains("{port}") {
            throw ValidationError("{port} in the URL needs a command to start, after --")
        }
    }

    /// The URL, in which `{port}` stands for the free port of a command.
    var urlTemplate: String { url ?? "ws://127.0.0.1:{port}/" }

    /// Where the server is, and how to read it.
    var subject: CheckPlan.Subject {
        get throws(OwnExecutable.Failure) {
            if !command.isEmpty { return .command(command) }
            if let cgroup { return .group(cgroup.group) }
            if url != nil { return .running(pids: pids) }
            return .command([try OwnExecutable.path(), "serve", "--port", "{port}"])
        }
    }
}

/// The program that runs, for starting another process of it.
enum OwnExecutable {
    /// It cannot be found.
    struct Failure: Error, CustomStringConvertible {
        let description = "cannot find its own executable: is /proc mounted?"
    }

    /// Its path.
    static func path() throws(Failure) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        guard count > 0 else { throw Failure() }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
