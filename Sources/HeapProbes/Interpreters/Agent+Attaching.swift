import Glibc
import ProcessResources
import Remedies
import Sockets
import Subprocesses
import SystemCalls

/// Interpreters that run already.
extension Agent {
    /// How long gdb may take, which reads the symbols of all libraries while the process stands still.
    private static let debuggerLimit = Duration.seconds(120)
    /// How long the first thread may take to come to a safe point, while a connection wakes it every so often.
    static let takingLimit = Duration.seconds(30)
    private static let wakeInterval = Duration.milliseconds(50)

    /// For how many milliseconds such an agent stays though nobody asks it, as whoever gave it may have been killed.
    static let stays = 3_600_000

    /// Gives processes of CPython that run the agent that one imports which is started, and returns them; where one does not
    /// take it, none keeps it.
    ///
    /// Each stands still for a second or two, once, and keeps the agent until it must `leave(_:)`. Connections to `url`, which end at once,
    /// wake the first thread of each.
    func attach(
        to processes: [ProcessReader], waking url: HTTPLocation, within limit: Duration = takingLimit,
        stays: Int = stays
    ) async throws(HeapProbeFailure) -> [ProcessReader] {
        do throws(HeapProbeFailure) {
            for process in processes { try await attach(to: process, waking: url, within: limit, stays: stays) }
        } catch {
            await leave(processes)
            throw error
        }
        return processes
    }

    private func attach(
        to process: ProcessReader, waking url: HTTPLocation, within limit: Duration, stays: Int
    ) async throws(HeapProbeFailure) {
        if isThere(process) { return }
        try requireSameNamespaces(process)
        let attachment = PythonAttachment(process.pid, executing: pythonFile, token: token, stays: stays)
        let result: ExecutionResult
        do throws(SubprocessFailure) {
            result = try await Subprocess.run(attachment.command, within: Self.debuggerLimit)
        } catch .notFound {
            throw Self.refused(process, "gdb, which has it take the agent, is not installed")
        } catch {
            throw Self.refused(process, "\(error)")
        }
        let said = String(decoding: result.output + result.errors, as: UTF8.self)
        if let problem = attachment.failure(said) { throw Self.refused(process, problem) }
        let deadline = MonotonicTime.now + limit
        while !isThere(process) {
            guard MonotonicTime.now < deadline, !Task.isCancelled else {
                throw Self.refused(
                    process,
                    "its first thread has not run any Python since, though connections came, so it did not take the agent"
                )
            }
            await Self.wake(url)
            try? await Task.sleep(for: Self.wakeInterval)
        }
    }

    /// Has the agents in processes end, with their threads and descriptors; one from a process's first moment stays.
    func leave(_ processes: [ProcessReader]) async {
        _ = try? await Thread.run("heap agent") {
            for process in processes {
                _ = try? AbstractSocket.answer(
                    of: socketName(of: process.pid), to: "leave\n", by: .now + Self.takingLimit, maximumBytes: 1)
            }
        }
    }

    /// Whether an agent answers in a process: to what it does not know, with nothing.
    func isThere(_ process: ProcessReader) -> Bool {
        let name = socketName(of: process.pid)
        return (try? AbstractSocket.answer(of: name, to: "\n", by: .now + .seconds(2), maximumBytes: 1)) != nil
    }

    /// Throws where the process could not find the file of the agent, or nobody the socket.
    private func requireSameNamespaces(_ process: ProcessReader) throws(HeapProbeFailure) {
        func network(_ name: String) -> UInt64? { Self.status(of: "/proc/\(name)/ns/net").map { UInt64($0.st_ino) } }
        let file = Self.status(of: pythonFile)?.st_ino
        guard network("self") == network("\(process.pid)"),
            file == Self.status(of: "/proc/\(process.pid)/root\(pythonFile)")?.st_ino
        else {
            throw Self.refused(
                process, "it has a file system or a network of its own, as in a container: run the check in there")
        }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    /// A connection that says nothing.
    private static func wake(_ url: HTTPLocation) async {
        guard let address = try? await Resolver.addresses(of: url.host, port: url.port).first else { return }
        _ = try? OwnedDescriptor.connecting(to: address)
    }

    private static func refused(_ process: ProcessReader, _ problem: String) -> HeapProbeFailure {
        HeapProbeFailure(
            "process \(process.pid) cannot be given an agent: \(problem)\(remedies: .giveCommand, .readFromOutside, after: .remark)"
        )
    }
}

extension [ProcessReader] {
    /// Those that listen for connections, or the first where none does: a helper of these may not run any Python for hours.
    var serving: [ProcessReader] {
        let found = filter(\.isServing)
        return found.isEmpty ? Array(prefix(1)) : found
    }
}

extension ProcessReader {
    /// Whether it listens for connections.
    var isServing: Bool { (try? heldListeners())?.isEmpty == false }
}
