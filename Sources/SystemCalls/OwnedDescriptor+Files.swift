public import Glibc

extension OwnedDescriptor {
    /// Opens `path`, relative to the open `directory` unless absolute; with `O_NOCTTY` and `O_CLOEXEC`.
    public init(
        opening path: String, in directory: Int32 = AT_FDCWD, flags: Int32
    ) throws(SystemCallError) {
        while true {
            let number = openat(directory, path, flags | O_CLOEXEC | O_NOCTTY)
            if number >= 0 {
                self.init(owning: number)
                return
            }
            guard errno == EINTR else { throw SystemCallError(.openat) }
        }
    }

    /// Reads at most `count` bytes into `buffer` from `start` on; 0 is the end of the file.
    public borrowing func read(
        into buffer: inout [UInt8], from start: Int, count: Int
    ) throws(SystemCallError) -> Int {
        let count = min(count, buffer.count - start)
        while true {
            let received = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(rawValue, bytes.baseAddress.map { $0 + start }, count)
            }
            if received >= 0 { return received }
            guard errno == EINTR else { throw SystemCallError(.read) }
        }
    }

    /// Reads at most `count` bytes at `offset`; fewer than asked means the end of the file.
    public borrowing func bytes(at offset: Int, count: Int) throws(SystemCallError) -> [UInt8] {
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
                throw SystemCallError(.pread)
            }
        }
        buffer.removeSubrange(filled...)
        return buffer
    }
}
