import CLinux
public import Glibc

extension OwnedDescriptor {
    /// A new, empty file without a place in any folder, which ends with its last descriptor; the kernel shows it as
    /// `/memfd:name`.
    public init(inMemory name: String) throws(SystemCallError) {
        // MFD_CLOEXEC, and MFD_NOEXEC_SEAL, without which a kernel may refuse; those before 6.3 do not know that.
        var number = memfd_create(name, 9)
        if number < 0 && errno == EINVAL { number = memfd_create(name, 1) }
        guard number >= 0 else { throw SystemCallError(.memfdCreate) }
        self.init(owning: number)
    }

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

    /// Writes all of `bytes`.
    public borrowing func write(_ bytes: [UInt8]) throws(SystemCallError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(rawValue, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw SystemCallError(.write)
            }
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
