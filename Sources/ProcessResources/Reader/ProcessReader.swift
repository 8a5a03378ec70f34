import Glibc
import SystemCalls

/// Reads one process from `/proc`, and only that one.
///
/// Holds `/proc/PID` open, so that a later process with the same number is never read by mistake: once this one is
/// gone, every method throws `ProcessReadFailure.exited`. Costs one descriptor until it is released.
public final class ProcessReader: Sendable {
    /// The process, with its start time.
    public let identity: ProcessIdentity
    let directory: OwnedDescriptor

    /// The process number.
    public var pid: Int32 { identity.pid }

    /// Finds the process.
    ///
    /// - Throws: `noSuchProcess`, `notPermitted` if `/proc` hides other users' processes, or `unreadable`.
    public init(pid: Int32) throws(ProcessReadFailure) {
        guard pid > 0 else { throw .noSuchProcess(pid: pid) }
        let directory: OwnedDescriptor
        do {
            directory = try OwnedDescriptor(opening: "/proc/\(pid)", flags: O_RDONLY | O_DIRECTORY)
        } catch {
            throw Self.absence(pid: pid, errno: error.errno)
        }
        let stat = try Self.stat(of: pid, in: directory)
        identity = ProcessIdentity(pid: pid, startTicks: stat.startTicks)
        self.directory = directory
    }

    /// Why `/proc/PID` could not be opened: gone, hidden, or no `/proc` at all.
    private static func absence(pid: Int32, errno number: Int32) -> ProcessReadFailure {
        // ESRCH: the process ended between the look-up and the opening.
        guard number == ENOENT || number == ESRCH else {
            return ProcessReadFailure(pid: pid, file: "/proc/\(pid)", errno: number, condition: .alive)
        }
        if access("/proc/self", F_OK) != 0 { return .unreadable(pid: pid, file: "/proc", errno: number) }
        // A process that can be signalled, or refuses to be, exists.
        if kill(pid, 0) == 0 || Glibc.errno == EPERM { return .notPermitted(pid: pid, file: "/proc/\(pid)") }
        return .noSuchProcess(pid: pid)
    }

    /// Whether the process runs: it has neither ended nor become a zombie.
    public var isAlive: Bool { condition == .alive }

    /// What the process is doing; does not throw for a zombie.
    ///
    /// - Throws: `exited`, `malformed` or `unreadable`.
    public func state() throws(ProcessReadFailure) -> ProcessState { try stat().state }

    /// How many threads the process has.
    ///
    /// - Throws: `exited`, `zombie`, `malformed` or `unreadable`.
    public func threads() throws(ProcessReadFailure) -> Int {
        let stat = try stat()
        if stat.state == .zombie { throw .zombie(pid: pid) }
        return stat.threads
    }

    /// What the process has in memory, in bytes.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted`, `malformed` or `unreadable`.
    public func memory() throws(ProcessReadFailure) -> MemoryUsage {
        var usage = try rereadingAfterExec { () throws(ProcessReadFailure) in try mappedMemory() }
        let status = try contents(of: "status")
        usage.highWaterMarkBytes = MemoryUsage.highWaterMarkBytes(status: status.span)
        return usage
    }

    private func mappedMemory() throws(ProcessReadFailure) -> MemoryUsage {
        var sum = SmapsSum()
        // Older kernels have only the long form.
        if try !forEachLineIfPresent(of: "smaps_rollup", { sum.add($0) }) {
            try forEachLine(of: "smaps") { sum.add($0) }
        }
        return try parsing("smaps_rollup") { () throws(ParseFailure) in try sum.total() }
    }

    /// How many descriptors the process may hold.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted`, `malformed` or `unreadable`.
    public func openFileLimit() throws(ProcessReadFailure) -> OpenFileLimit {
        let text = try contents(of: "limits")
        return try parsing("limits") { () throws(ParseFailure) in try OpenFileLimit(limits: text.span) }
    }

    /// The arguments of the process, at most the first 64 KiB of them; empty if it has erased them.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func commandLine() throws(ProcessReadFailure) -> [String] {
        var text = try contents(of: "cmdline", limit: 65_536)
        if text.isEmpty { try requireRunning() }
        if text.last == 0 { text.removeLast() }
        guard !text.isEmpty else { return [] }
        return text.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The variables that the process was started with, as `NAME=value`, at most the first mebibyte of them.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func variables() throws(ProcessReadFailure) -> [String] {
        try contents(of: "environ", limit: 1 << 20).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The folder in which the process is; it ends with ` (deleted)` if that has been removed.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func workingDirectory() throws(ProcessReadFailure) -> String { try target(of: "cwd") }

    /// The path of the program; it ends with ` (deleted)` if the file has been removed or replaced since.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func executable() throws(ProcessReadFailure) -> String { try target(of: "exe") }
}
