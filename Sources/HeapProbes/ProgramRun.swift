import CLinux
import Glibc
import SystemCalls

/// A program that is run to its end, with limits on its time and output.
enum ProgramRun {
    static let timeLimit = Duration.seconds(10)
    static let maximumBytes = 1 << 20

    /// What a program left.
    struct Finished: Sendable {
        /// Its exit code; nil when a signal ended it.
        var exitCode: Int32?
        var output: [UInt8]
        var errors: [UInt8]

        var outputText: String { String(decoding: output, as: UTF8.self) }

        /// The last that it said, in one line.
        var lastWords: String {
            let text = String(decoding: errors + output, as: UTF8.self)
            return String(text.split(separator: "\n").suffix(3).joined(separator: "; ").suffix(400))
        }
    }

    /// Runs `arguments`; whatever happens, it and its group are ended.
    static func finished(
        _ arguments: [String], setting: [String: String] = [:], within limit: Duration = timeLimit
    ) async throws(HeapProbeFailure) -> Finished {
        try await onThread("heap program") { () throws(HeapProbeFailure) in
            do {
                return try run(arguments, setting, deadline: .now + limit)
            } catch let failure as HeapProbeFailure {
                throw failure
            } catch let error as SystemCallError where error.errno == ENOENT {
                throw HeapProbeFailure("there is no program \(arguments[0])")
            } catch {
                throw HeapProbeFailure("cannot run \(arguments[0]): \(error)")
            }
        }
    }

    private static func run(
        _ arguments: [String], _ setting: [String: String], deadline: MonotonicTime
    ) throws -> Finished {
        var output = try Pipe()
        var errors = try Pipe()
        var streams = [Stream(descriptor: output.reading.rawValue), Stream(descriptor: errors.reading.rawValue)]
        let pid = try ChildProcess.start(
            arguments, setting: setting, output: output.writingNumber, errors: errors.writingNumber)
        output.closeWriting()
        errors.closeWriting()
        defer { kill(-pid, SIGKILL) }
        var status: Int32?
        // Its children may keep the pipes open for longer than it lives.
        while status == nil || streams.contains(where: \.hasMore) {
            if status == nil { status = ended(pid) }
            guard streams.allSatisfy({ $0.bytes.count <= maximumBytes }) else {
                end(pid, status)
                throw HeapProbeFailure("\(arguments[0]) prints more than \(maximumBytes >> 20) MiB")
            }
            guard MonotonicTime.now < deadline else {
                end(pid, status)
                throw HeapProbeFailure("\(arguments[0]) did not end in time")
            }
            for index in streams.indices where streams[index].isOpen { streams[index].read(isLast: status != nil) }
            if status == nil && !streams.contains(where: \.isOpen) { usleep(1000) }
        }
        let word = status ?? 0
        return Finished(
            exitCode: word & 0x7F == 0 ? (word >> 8) & 0xFF : nil, output: streams[0].bytes, errors: streams[1].bytes)
    }

    private static func ended(_ pid: Int32) -> Int32? {
        var word: Int32 = 0
        return waitpid(pid, &word, WNOHANG) == pid ? word : nil
    }

    private static func end(_ pid: Int32, _ status: Int32?) {
        kill(-pid, SIGKILL)
        guard status == nil else { return }
        var word: Int32 = 0
        while waitpid(pid, &word, 0) == -1 && errno == EINTR {}
    }

    private struct Pipe: ~Copyable {
        let reading: OwnedDescriptor
        let writingNumber: Int32
        private var writing: OwnedDescriptor?

        init() throws(SystemCallError) {
            var ends: [Int32] = [-1, -1]
            guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemCallError(.pipe2) }
            reading = OwnedDescriptor(owning: ends[0])
            writing = OwnedDescriptor(owning: ends[1])
            writingNumber = ends[1]
        }

        mutating func closeWriting() { writing = nil }
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
