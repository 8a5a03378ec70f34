import CLinux
import Glibc
import Sockets
import SystemCalls

/// A command that was started as a server: its processes, and the last it said.
///
/// Ended by `end()`, with every process of its group and every descendant known by then.
package final class TargetCommand: Sendable {
    /// The process that was started, leader of a group of its own.
    package let pid: Int32
    private let tail = Locked(OutputTail())
    private let exitStatus = Locked<Int32?>(nil)

    /// What a command may take to end on SIGTERM.
    private static let endLimit = Duration.seconds(3)

    /// Starts `arguments`; the first is looked up in `PATH`. `PORT` and what `setting` says are set in its environment.
    package init(_ arguments: [String], port: UInt16, setting: [String: String] = [:]) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemCallError(.pipe2) }
        let output = OwnedDescriptor(owning: ends[0])
        let input = OwnedDescriptor(owning: ends[1])
        // Under the lock, so that `killAll()` never comes between a start and the note of it.
        pid = try Self.running.withLock { running in
            guard !running.isClosed else { throw CancellationError() }
            let pid = try ChildProcess.start(
                arguments, setting: setting.merging(["PORT": "\(port)"]) { $1 }, output: input.rawValue,
                errors: input.rawValue)
            running.pids.insert(pid)
            return pid
        }
        try? input.close()
        let number = output.release()
        try Thread.detach(name: "target output") { [self] in
            let output = OwnedDescriptor(owning: number)
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(output.rawValue, &buffer, buffer.count)
                if count > 0 {
                    tail.withLock { $0.append(buffer[..<count]) }
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
    }

    /// The last that it wrote to stdout and stderr.
    package var lastOutput: String { tail.withLock { $0.text } }

    /// How it ended; nil while it runs.
    package func ending() -> Ending? {
        exitStatus.withLock { status in
            if status == nil {
                var word: Int32 = 0
                if waitpid(pid, &word, WNOHANG) == pid { status = word }
            }
            return status.map { Ending(status: $0) }
        }
    }

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

    /// The groups of commands that have not been ended, for the one case in which nobody can wait for them.
    private static let running = Locked(Running())

    private struct Running {
        var pids: Set<Int32> = []
        /// Whether no more may be started, because the process is about to exit.
        var isClosed = false
    }

    /// Kills every command that is left, at once and without waiting.
    package static func killAll() {
        running.withLock { running in
            running.isClosed = true
            for pid in running.pids { kill(-pid, SIGKILL) }
        }
    }

    /// Sends SIGKILL to the command's group; `end()` must follow.
    package func killGroup() {
        kill(-pid, SIGKILL)
    }

    /// Sends SIGTERM to the command's group; `end()` must follow.
    func askToEnd() {
        kill(-pid, SIGTERM)
    }

    /// Ends the command: SIGTERM to its group, then SIGKILL to what is left; returns when the leader is reaped.
    ///
    /// `descendants` are processes that may have left the group.
    package func end(descendants: [Int32] = []) {
        let strays = descendants.filter { $0 != pid }
        kill(-pid, SIGTERM)
        for stray in strays { kill(stray, SIGTERM) }
        let deadline = MonotonicTime.now + Self.endLimit
        while ending() == nil && MonotonicTime.now < deadline { usleep(5_000) }
        kill(-pid, SIGKILL)
        for stray in strays { kill(stray, SIGKILL) }
        let hardDeadline = MonotonicTime.now + Self.endLimit
        while ending() == nil && MonotonicTime.now < hardDeadline { usleep(5_000) }
        Self.running.withLock { _ = $0.pids.remove(pid) }
    }
}

/// The end of what a process wrote, a few kilobytes of it.
private struct OutputTail {
    private var bytes: [UInt8] = []
    private static let maximumBytes = 4096

    mutating func append(_ more: ArraySlice<UInt8>) {
        bytes += more
        if bytes.count > 2 * Self.maximumBytes { bytes.removeFirst(bytes.count - Self.maximumBytes) }
    }

    var text: String { String(decoding: bytes.suffix(Self.maximumBytes), as: UTF8.self) }
}
