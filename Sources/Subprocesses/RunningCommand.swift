import Glibc
import ProcessResources
import SystemCalls

/// A command that was started: its processes, and the last it said.
///
/// Ended by `terminateAndWait()`, with every descendant: a daemon that forked twice and a child with a session of its own
/// as well. None of them outlives this process, however that ends; `GuardedProcess` says what holds for that.
public final class RunningCommand: Sendable {
    private let process: GuardedProcess
    private let tail = Locked(OutputTail())

    /// What a command may take to end on SIGTERM.
    private static let endLimit = Duration.seconds(3)

    /// Starts `arguments`; the first is looked up in `PATH`. What `environment` says is set in its environment.
    public init(_ arguments: [String], environment: [String: String] = [:]) throws {
        let pipe = try Pipe()
        // Under the lock, so that `killAll()` never comes between a start and the note of it.
        process = try Self.running.withLock { running in
            guard !running.isClosed else { throw CancellationError() }
            let process = try GuardedProcess(
                arguments, environment: environment, output: pipe.writing.rawValue,
                errors: pipe.writing.rawValue)
            running.processes[process.pid] = process
            return process
        }
        let number = pipe.closingWriting().release()
        do {
            try Thread.detach(name: "command output") { [tail] in Self.follow(OwnedDescriptor(owning: number), tail) }
        } catch {
            _ = OwnedDescriptor(owning: number)
            terminateAndWait()
            throw error
        }
    }

    /// Reads what the command writes until nobody can write any more.
    private static func follow(_ output: consuming OwnedDescriptor, _ tail: Locked<OutputTail>) {
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

    /// The last that it wrote to stdout and stderr.
    public var lastOutput: String { tail.withLock { $0.text } }

    /// The process that was started, leader of a group of its own.
    public var pid: Int32 { process.pid }

    /// How it ended; nil while it runs.
    public func status() -> TerminationStatus? { process.status() }

    /// The processes that descend from the command, itself included, and run, wherever they have gone since.
    public var processes: [Int32] {
        let descendants = (try? ProcessReader(pid: process.guardian).descendants()) ?? []
        return descendants.filter { (try? ProcessReader(pid: $0).isAlive) == true }
    }

    /// Where the command and its descendants listen, in words; nil where nowhere.
    public var listeners: String? {
        let words = processes.compactMap { pid -> String? in
            guard let held = try? ProcessReader(pid: pid).heldListeners(), !held.isEmpty else { return nil }
            return "process \(pid) of it listens on " + held.map { "\($0.local)" }.joined(separator: ", ")
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// The commands that have not been ended, for the one case in which nobody can wait for them.
    private static let running = Locked(Running())

    private struct Running {
        var processes: [Int32: GuardedProcess] = [:]
        /// Whether no more may be started, because the process is about to exit.
        var isClosed = false
    }

    /// Takes it from those that have not been ended; another may have its number since.
    private func forget() {
        Self.running.withLock { if $0.processes[pid] === process { $0.processes[pid] = nil } }
    }

    deinit {
        forget()
    }

    /// Kills every command that is left, at once and without waiting.
    public static func killAll() {
        running.withLock { running in
            running.isClosed = true
            for process in running.processes.values { process.signal(SIGKILL) }
        }
    }

    /// Sends SIGKILL to the command's group; `terminateAndWait()` must follow.
    public func kill() {
        process.signal(SIGKILL)
    }

    /// Sends SIGTERM to the command's group and to what has left it; `terminateAndWait()` must follow.
    public func terminate() {
        guard process.signal(SIGTERM) else { return }
        // Those that are of this command, and still are once nobody else can be meant.
        let strays = processes.filter { getpgid($0) != pid }.compactMap { try? ProcessReader(pid: $0) }
        let own = Set(processes)
        for stray in strays where own.contains(stray.pid) { try? stray.signal(SIGTERM) }
    }

    /// Ends the command with all its descendants: SIGTERM, then SIGKILL to what is left; returns when they are gone.
    public func terminateAndWait() {
        terminate()
        let deadline = MonotonicTime.now + Self.endLimit
        while !processes.isEmpty && MonotonicTime.now < deadline { usleep(5_000) }
        forget()
        process.end()
    }
}
