import Glibc

extension TargetCommand {
    /// How a command ended, in words that follow its name: `has exited with code 3`.
    package struct Ending: CustomStringConvertible {
        /// What `waitpid` says.
        package var status: Int32

        /// Whether somebody, or a kernel out of memory, killed it.
        var isKill: Bool { status & 0x7F == SIGKILL }

        /// The words.
        package var description: String {
            let signal = status & 0x7F
            if signal != 0 { return "was ended by \(Self.name(signal))" }
            let code = (status >> 8) & 0xFF
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
}
