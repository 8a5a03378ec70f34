import CLinux
import Glibc
import SystemCalls

/// A program that is run to its end, with limits on its time and output.
public enum Subprocess {
    /// How long a program may take where nothing else is said.
    public static let timeLimit = Duration.seconds(10)
    /// What a program may write to each of its two streams where nothing else is said, in bytes.
    public static let maximumBytes = 1 << 20

    /// Runs `arguments`, the first looked up in `PATH`; whatever happens, it and its group are ended.
    ///
    /// What children of it print once it has ended is not waited for. `environment` replaces variables of this process's
    /// environment or adds to them.
    public static func run(
        _ arguments: [String], environment: [String: String] = [:], within limit: Duration = timeLimit,
        maximumBytes: Int = maximumBytes
    ) async throws(SubprocessFailure) -> ExecutionResult {
        let result: Result<ExecutionResult, SubprocessFailure>
        do {
            result = try await Thread.run("program") { () throws(SubprocessFailure) in
                try finished(arguments, environment, deadline: .now + limit, maximumBytes)
            }
        } catch {
            throw .system(arguments[0], error)
        }
        return try result.get()
    }

    private static func finished(
        _ arguments: [String], _ environment: [String: String], deadline: MonotonicTime, _ maximumBytes: Int
    ) throws(SubprocessFailure) -> ExecutionResult {
        let output: OwnedDescriptor
        let errors: OwnedDescriptor
        let pid: Int32
        do throws(SystemCallError) {
            let outputPipe = try Pipe()
            let errorPipe = try Pipe()
            pid = try ChildProcess.start(
                arguments, environment: environment, output: outputPipe.writing.rawValue,
                errors: errorPipe.writing.rawValue)
            output = outputPipe.closingWriting()
            errors = errorPipe.closingWriting()
        } catch {
            throw error.errno == ENOENT ? .notFound(arguments[0]) : .system(arguments[0], error)
        }
        var streams = [Stream(descriptor: output.rawValue), Stream(descriptor: errors.rawValue)]
        defer { end(pid) }
        var status: TerminationStatus?
        // Its children may keep the pipes open for longer than it lives.
        while status == nil || streams.contains(where: \.hasMore) {
            if status == nil { status = ended(pid) }
            guard streams.allSatisfy({ $0.bytes.count <= maximumBytes }) else {
                throw .outputLimit(arguments[0], bytes: maximumBytes)
            }
            guard MonotonicTime.now < deadline else { throw .timeLimit(arguments[0]) }
            for index in streams.indices where streams[index].isOpen { streams[index].read(isLast: status != nil) }
            if status == nil && !streams.contains(where: \.isOpen) { usleep(1000) }
        }
        return ExecutionResult(
            status: status ?? TerminationStatus(0), output: streams[0].bytes, errors: streams[1].bytes)
    }

    /// How it ended; it is not reaped yet, so that nobody else is given its number.
    private static func ended(_ pid: Int32) -> TerminationStatus? {
        var word: Int32 = 0
        return clinux_has_ended(pid, &word) == 1 ? TerminationStatus(word) : nil
    }

    /// Kills its group, and reaps it.
    private static func end(_ pid: Int32) {
        kill(-pid, SIGKILL)
        var word: Int32 = 0
        while waitpid(pid, &word, 0) == -1 && errno == EINTR {}
    }

    /// The reading end of a pipe, and what came through it.
    private struct Stream {
        let descriptor: Int32
        var bytes: [UInt8] = []
        var isOpen = true
        /// Whether another look may find something, once the program has ended.
        var hasMore = true

        init(descriptor: Int32) { self.descriptor = descriptor }

        /// Takes what comes within some milliseconds, or what there is when it is the last look.
        mutating func read(isLast: Bool) {
            let limit = Duration.milliseconds(isLast ? 1 : 5)
            guard Polling.wait(for: POLLIN, on: descriptor, until: .now + limit) else {
                hasMore = !isLast
                return
            }
            var buffer = [UInt8](repeating: 0, count: 16_384)
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 || errno != EINTR {
                isOpen = false
                hasMore = false
            }
        }
    }
}
