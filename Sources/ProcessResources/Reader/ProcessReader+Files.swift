import Glibc
import SystemCalls

extension ProcessReader {
    /// The condition of the process.
    var condition: ProcessReadFailure.Condition {
        do {
            let stat = try stat()
            if stat.state == .zombie { return .zombie }
            return stat.state == .dead || stat.isExiting ? .gone : .alive
        } catch {
            return if case .exited = error { .gone } else { .alive }
        }
    }

    /// - Throws: `exited` or `zombie`, for files that read as empty then.
    func requireRunning() throws(ProcessReadFailure) {
        switch condition {
        case .alive: return
        case .zombie: throw .zombie(pid: pid)
        case .gone: throw .exited(pid: pid)
        }
    }

    func failure(_ file: String, _ error: SystemCallError) -> ProcessReadFailure {
        ProcessReadFailure(pid: pid, file: file, errno: error.errno, condition: condition)
    }

    /// Runs a parser; text that does not parse because the process has just ended is not malformed.
    func parsing<Value>(
        _ file: String, _ parse: () throws(ParseFailure) -> Value
    ) throws(ProcessReadFailure) -> Value {
        do {
            return try parse()
        } catch {
            try requireRunning()
            throw .malformed(pid: pid, file: file, detail: error.detail)
        }
    }

    /// Reads again if the process started another program while its memory was being read.
    ///
    /// The kernel then says ESRCH, though the process lives: what was opened belonged to the old program.
    func rereadingAfterExec<Value>(
        _ read: () throws(ProcessReadFailure) -> Value
    ) throws(ProcessReadFailure) -> Value {
        for _ in 0..<3 {
            do throws(ProcessReadFailure) {
                return try read()
            } catch {
                guard case .unreadable(_, _, ESRCH) = error else { throw error }
            }
        }
        return try read()
    }

    func stat() throws(ProcessReadFailure) -> ProcessStat { try Self.stat(of: pid, in: directory) }

    static func stat(
        of pid: Int32, in directory: borrowing OwnedDescriptor
    ) throws(ProcessReadFailure) -> ProcessStat {
        let text: [UInt8]
        do {
            text = try contents(of: "stat", in: directory, limit: 4096)
        } catch {
            let isGone = error.errno == ENOENT || error.errno == ESRCH
            throw ProcessReadFailure(pid: pid, file: "stat", errno: error.errno, condition: isGone ? .gone : .alive)
        }
        do {
            return try ProcessStat(stat: text.span)
        } catch {
            throw .malformed(pid: pid, file: "stat", detail: error.detail)
        }
    }

    /// The first `limit` bytes of a file of the process.
    func contents(of file: String, limit: Int = 16_384) throws(ProcessReadFailure) -> [UInt8] {
        do {
            return try Self.contents(of: file, in: directory, limit: limit)
        } catch {
            throw failure(file, error)
        }
    }

    static func contents(
        of file: String, in directory: borrowing OwnedDescriptor, limit: Int
    ) throws(SystemCallError) -> [UInt8] {
        let descriptor = try OwnedDescriptor(opening: file, in: directory.rawValue, flags: O_RDONLY)
        var buffer = [UInt8](repeating: 0, count: min(limit, 4096))
        var filled = 0
        while filled < limit {
            if filled == buffer.count {
                buffer.append(contentsOf: repeatElement(0, count: min(limit - filled, buffer.count)))
            }
            let received = try descriptor.read(into: &buffer, from: filled, count: buffer.count - filled)
            if received == 0 { break }
            filled += received
        }
        buffer.removeSubrange(filled...)
        return buffer
    }

    func forEachLine(of file: String, _ body: (Span<UInt8>) -> Void) throws(ProcessReadFailure) {
        if try !forEachLineIfPresent(of: file, body) { throw failure(file, SystemCallError(.openat, errno: ENOENT)) }
    }

    /// Streams a file; false if the kernel does not offer it while the process runs.
    func forEachLineIfPresent(
        of file: String, _ body: (Span<UInt8>) -> Void
    ) throws(ProcessReadFailure) -> Bool {
        do {
            let descriptor = try OwnedDescriptor(opening: file, in: directory.rawValue, flags: O_RDONLY)
            try LineReader(descriptor).forEach { line in
                body(line)
                return true
            }
            return true
        } catch {
            if error.errno == ENOENT, condition == .alive { return false }
            throw failure(file, error)
        }
    }

    /// Where a symbolic link of the process points, at most 4 KiB of it.
    func target(of link: String) throws(ProcessReadFailure) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = buffer.withUnsafeMutableBytes { bytes in
            readlinkat(directory.rawValue, link, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard length >= 0 else { throw failure(link, SystemCallError(.readlinkat)) }
        return String(decoding: buffer.prefix(length), as: UTF8.self)
    }
}
