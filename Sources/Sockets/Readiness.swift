import CLinux

/// What a descriptor is ready for, or what a channel waits for; the bits of epoll(7), level-triggered.
public struct Readiness: OptionSet, Hashable, Sendable {
    /// The bits of epoll(7).
    public let rawValue: UInt32

    /// Any set of bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Bytes can be read or a connection accepted, or the stream has ended.
    public static var readable: Readiness { Readiness(rawValue: clinux_EPOLLIN) }
    /// Bytes can be sent, or an asynchronous connect has ended.
    public static var writable: Readiness { Readiness(rawValue: clinux_EPOLLOUT) }
    /// The peer has shut down its writing side.
    public static var peerHalfClosed: Readiness { Readiness(rawValue: clinux_EPOLLRDHUP) }
    /// Both directions have ended; reported whether waited for or not.
    public static var hangup: Readiness { Readiness(rawValue: clinux_EPOLLHUP) }
    /// An error is pending; reported whether waited for or not.
    public static var failed: Readiness { Readiness(rawValue: clinux_EPOLLERR) }
}
