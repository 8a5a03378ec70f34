import CLinux
import Glibc
import ProcessResources
import SystemCalls

/// A command that was started as a server: its processes, and the last it said.
///
/// Ended by `end()`, with every descendant: a daemon that forked twice and a child with a session of its own as well. None
/// of them outlives this process, however that ends; `GuardedProcess` says what holds for that.
package final class TargetCommand: Sendable {
    private let process: GuardedProcess
    private let tail = Locked(OutputTail())

    /// What a command may take to end on SIGTERM.
    private static let endLimit = Duration.seconds(3)

    /// Starts `arguments`; the first is looked up in `PATH`. `PORT` and what `setting` says are set in its environment.
    package init(_ arguments: [String], port: UInt16, setting: [String: String] = [:]) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemCallError(.pipe2) }
        let output = OwnedDescriptor(owning: ends[0])
        let input = OwnedDescriptor(owning: ends[1])
        // Under the lock, so that `killAll()` never comes between a start and the note of it.
        process = try Self.running.withLock { running in
            guard !running.isClosed else { throw CancellationError() }
            let process = try GuardedProcess(
                arguments, setting: setting.merging(["PORT": "\(port)"]) { $1 }, output: input.rawValue,
                errors: input.rawValue)
            running.pids.insert(process.pid)
            return process
        }
        try? input.close()
        let number = output.release()
        try Thread.detach(name: "target output") { [tail] in
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

    /// The process that was started, leader of a group of its own.
    package var pid: Int32 { process.pid }

    /// How it ended; nil while it runs.
    package func ending() -> Ending? { process.status().map { Ending(status: $0) } }

    /// The processes that descend from the command, itself included, wherever they have gone since.
    package var processes: [Int32] { (try? ProcessReader(pid: process.guardian).descendants()) ?? [] }

    /// Where the command and its descendants listen, in words; nil where nowhere.
    var listeners: String? {
        let words = processes.compactMap { pid -> String? in
            guard let held = try? ProcessReader(pid: pid).heldListeners(), !held.isEmpty else { return nil }
            return "process \(pid) of it listens on " + held.map { "\($0.local)" }.joined(separator: ", ")
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
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

    /// Sends SIGTERM to the command's group and to what has left it; `end()` must follow.
    func askToEnd() {
        kill(-pid, SIGTERM)
        for stray in processes where getpgid(stray) != pid { kill(stray, SIGTERM) }
    }

    /// Ends the command with all its descendants: SIGTERM, then SIGKILL to what is left; returns when they are gone.
    package func end() {
        askToEnd()
        let deadline = MonotonicTime.now + Self.endLimit
        while !processes.isEmpty && MonotonicTime.now < deadline { usleep(5_000) }
        process.end()
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
