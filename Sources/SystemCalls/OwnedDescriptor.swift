import Glibc

/// A file descriptor with one owner and one end.
///
/// It is closed exactly once: by `close()`, or when its owner releases it, as on every error path.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number the kernel knows it by; valid for as long as this value lives.
    public let rawValue: Int32

    /// Takes ownership of `rawValue`, which must be open and have no other owner.
    public init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Closes the descriptor.
    ///
    /// Linux releases the number even when `close` reports an error, so it is never closed again (close(2)).
    public consuming func close() throws(SystemCallError) {
        let number = rawValue
        discard self
        if Glibc.close(number) != 0 && errno != EINTR { throw SystemCallError(.close) }
    }

    /// Gives the number away without closing it; the caller now owns it.
    public consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    deinit {
        _ = Glibc.close(rawValue)
    }
}
