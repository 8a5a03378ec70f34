import Glibc
import Sockets

/// Writing to a descriptor whole or not at all well: the one place for files and streams.
enum WholeWrite {
    /// How long a reader who has been given no thread to block may take for what comes next.
    static let stallLimit = Duration.seconds(60)

    /// Writes all of `text`; the error number of what went wrong, or nil.
    ///
    /// A descriptor that does not block is waited for, at most `stallLimit` for each piece.
    static func write(_ text: String, to descriptor: Int32, stallLimit: Duration = stallLimit) -> Int32? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if count == 0 {
                    return EIO
                } else if errno == EAGAIN {
                    guard waitForRoom(descriptor, until: .now + stallLimit) else { return EAGAIN }
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }

    /// Whether a write is worth another attempt before the deadline.
    private static func waitForRoom(_ descriptor: Int32, until deadline: MonotonicTime) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return false }
            let count = poll(&entry, 1, Int32(min(left.rounded(.up), 60_000)))
            // What is wrong with it, if anything, the next write says.
            if count > 0 { return true }
            if count < 0 && errno != EINTR { return false }
        }
    }
}
