import Glibc

/// One descriptor with one owner, closed when the owner goes.
struct OwnedDescriptor: ~Copyable, Sendable {
    let rawValue: Int32

    /// Opens `path`, relative to `directory` unless absolute.
    init(opening path: String, in directory: Int32 = AT_FDCWD, flags: Int32) throws(SystemCallError) {
        while true {
            let descriptor = openat(directory, path, flags | O_CLOEXEC | O_NOCTTY)
            if descriptor >= 0 {
                rawValue = descriptor
                return
            }
            guard errno == EINTR else { throw SystemCallError(errno: errno) }
        }
    }

    /// Reads at most `count` bytes into `buffer` from `start` on; 0 is the end of the file.
    func read(into buffer: inout [UInt8], from start: Int, count: Int) throws(SystemCallError) -> Int {
        let count = min(count, buffer.count - start)
        while true {
            let received = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(rawValue, bytes.baseAddress.map { $0 + start }, count)
            }
            if received >= 0 { return received }
            guard errno == EINTR else { throw SystemCallError(errno: errno) }
        }
    }

    /// Reads at most `count` bytes at `offset`; fewer than asked means the end of the file.
    func bytes(at offset: Int, count: Int) throws(SystemCallError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let received = buffer.withUnsafeMutableBytes { bytes in
                pread(rawValue, bytes.baseAddress.map { $0 + filled }, count - filled, offset + filled)
            }
            if received == 0 { break }
            if received > 0 {
                filled += received
            } else if errno != EINTR {
                throw SystemCallError(errno: errno)
            }
        }
        buffer.removeSubrange(filled...)
        return buffer
    }

    /// Gives the descriptor up without closing it.
    consuming func release() -> Int32 {
        let descriptor = rawValue
        discard self
        return descriptor
    }

    deinit { _ = close(rawValue) }
}
