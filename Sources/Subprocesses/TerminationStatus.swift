import Glibc

/// How a process ended, in words that follow its name: `has exited with code 3`.
public struct TerminationStatus: Hashable, Sendable, CustomStringConvertible {
    /// What waitpid(2) says.
    public let word: Int32

    init(_ word: Int32) { self.word = word }

    /// Its exit code; nil when a signal ended it.
    public var exitCode: Int32? { word & 0x7F == 0 ? (word >> 8) & 0xFF : nil }

    /// Whether somebody, or a kernel out of memory, killed it.
    public var isKill: Bool { word & 0x7F == SIGKILL }

    /// The words.
    public var description: String {
        guard let code = exitCode else { return "was ended by \(Self.name(word & 0x7F))" }
        // A shell exits so when its own command was ended by a signal.
        let meaning =
            code > 128 && code < 128 + 65
            ? ", as a shell does whose command was ended by \(Self.name(code - 128))" : ""
        return "has exited with code \(code)\(meaning)"
    }

    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
        SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
        SIGSYS: "SIGSYS",
    ]

    private static func name(_ signal: Int32) -> String {
        let name = names[signal].map { " (\($0))" } ?? ""
        return "signal \(signal)\(name)"
    }
}
