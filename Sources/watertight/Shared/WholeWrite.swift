import Glibc
import SystemCalls

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
                    guard Polling.wait(for: POLLOUT, on: descriptor, until: .now + stallLimit) else { return EAGAIN }
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }
}
