import CLinux
import Glibc
public import SystemCalls

/// How a listening socket is set up.
public struct ListenOptions: Hashable, Sendable {
    /// Connections that the kernel completes before the server accepts them; the kernel caps it at `somaxconn`.
    public var backlog: Int32 = 1024
    /// Whether several sockets, one per event loop, may share the port.
    public var sharesPort = false
    /// Whether an IPv6 socket refuses IPv4 peers.
    public var onlyIPv6 = true

    /// A backlog of 1024 on a port of its own.
    public init() {}
}

extension OwnedDescriptor {
    /// A non-blocking TCP socket that listens on `address`, with `SO_REUSEADDR` and, for the sockets it accepts,
    /// `TCP_NODELAY`.
    public static func listening(
        on address: SocketAddress, options: ListenOptions = ListenOptions()
    ) throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = try bound(to: address, options: options)
        guard listen(descriptor.rawValue, options.backlog) == 0 else { throw SystemCallError(.listen) }
        return descriptor
    }

    /// Binds `address` for a moment, to test whether that works: throws if another process listens there, even one that
    /// shares its port.
    public static func bind(
        to address: SocketAddress, options: ListenOptions = ListenOptions()
    ) throws(SystemCallError) {
        try bound(to: address, options: options).close()
    }

    private static func bound(
        to address: SocketAddress, options: ListenOptions
    ) throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = try stream(family: address.family)
        try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        if options.sharesPort { try descriptor.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
        if address.family == AF_INET6 {
            try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, options.onlyIPv6 ? 1 : 0)
        }
        // Accepted sockets inherit this on Linux, which saves a call per connection.
        try descriptor.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let number = descriptor.rawValue
        guard address.withSockaddr({ Glibc.bind(number, $0, $1) }) == 0 else { throw SystemCallError(.bind) }
        return descriptor
    }

    /// A non-blocking TCP socket on its way to `address`; writable once connected or refused.
    ///
    /// `source` chooses the local address, which multiplies the available ports; `receiveBufferBytes` requests a
    /// receive buffer of about that size, and so a window that the other end cannot overrun.
    public static func connecting(
        to address: SocketAddress, from source: SocketAddress? = nil, receiveBufferBytes: Int32? = nil
    ) throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = try stream(family: address.family)
        let number = descriptor.rawValue
        try descriptor.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if let receiveBufferBytes { try descriptor.setBufferSizes(receive: receiveBufferBytes) }
        if let source {
            try descriptor.setOption(Int32(IPPROTO_IP), Int32(IP_BIND_ADDRESS_NO_PORT), 1)
            guard source.withSockaddr({ Glibc.bind(number, $0, $1) }) == 0 else { throw SystemCallError(.bind) }
        }
        if address.withSockaddr({ connect(number, $0, $1) }) != 0 && errno != EINPROGRESS {
            throw SystemCallError(.connect)
        }
        return descriptor
    }

    /// A non-blocking TCP socket that is connected to `address`; blocks until then.
    ///
    /// Throws the connection's error, `ETIMEDOUT` at the deadline.
    public static func connected(
        to address: SocketAddress, by deadline: MonotonicTime
    ) throws(SystemCallError) -> OwnedDescriptor {
        let descriptor = try connecting(to: address)
        guard Polling.wait(for: POLLOUT, on: descriptor.rawValue, until: deadline) else {
            throw SystemCallError(.connect, errno: ETIMEDOUT)
        }
        if let failure = descriptor.connectFailure() { throw failure }
        return descriptor
    }

    /// Takes one connection from the accept queue; nil when it is empty.
    public borrowing func accept() throws(SystemCallError) -> OwnedDescriptor? {
        while true {
            let number = accept4(
                rawValue, nil, nil, Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
            if number >= 0 { return OwnedDescriptor(owning: number) }
            switch errno {
            case EAGAIN: return nil
            // The peer left while it was queued, or a signal came: the next in the queue may be fine (accept(2)).
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH: continue
            default: throw SystemCallError(.accept4)
            }
        }
    }

    /// The address that the socket is bound to.
    public borrowing func localAddress() throws(SystemCallError) -> SocketAddress {
        try address(.getsockname, getsockname)
    }

    /// The address of the other end.
    public borrowing func peerAddress() throws(SystemCallError) -> SocketAddress {
        try address(.getpeername, getpeername)
    }

    private borrowing func address(
        _ call: SystemCallError.Call,
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) throws(SystemCallError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let number = rawValue
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(number, $0, &length) }
        }
        guard code == 0 else { throw SystemCallError(call) }
        guard let address = SocketAddress(storage) else { throw SystemCallError(call, errno: EAFNOSUPPORT) }
        return address
    }

    /// The error that an asynchronous `connect` ended with; nil once it has succeeded.
    public borrowing func connectFailure() -> SystemCallError? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(rawValue, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else {
            return SystemCallError(.getsockopt)
        }
        return code == 0 ? nil : SystemCallError(.connect, errno: code)
    }

    /// Bytes written and not acknowledged by the other end, including a FIN (`SIOCOUTQ`, tcp(7)).
    ///
    /// After an ordinary `close` the kernel keeps them for a peer that does not read; see `limitUnacknowledged(to:)`.
    public borrowing func unacknowledgedBytes() -> Int {
        var count: Int32 = 0
        return ioctl(rawValue, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    /// Makes the kernel drop the connection, also after `close`, if nothing written is acknowledged for that long
    /// (`TCP_USER_TIMEOUT`, tcp(7)).
    public borrowing func limitUnacknowledged(to limit: Duration) throws(SystemCallError) {
        let milliseconds = max(1, Int32(clamping: limit.saturatedNanoseconds / 1_000_000))
        try setOption(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, milliseconds)
    }

    /// Makes `close` send a reset instead of a FIN (`SO_LINGER` of zero).
    public borrowing func resetOnClose() throws(SystemCallError) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout.size(ofValue: linger))
        guard setsockopt(rawValue, SOL_SOCKET, SO_LINGER, &linger, size) == 0 else {
            throw SystemCallError(.setsockopt)
        }
    }

    /// Half-closes: sends a FIN, reading goes on.
    public borrowing func shutdownWriting() throws(SystemCallError) {
        guard shutdown(rawValue, Int32(SHUT_WR)) == 0 else { throw SystemCallError(.shutdown) }
    }

    /// Requests kernel buffers of about these sizes, in bytes; the kernel doubles and caps them (socket(7)).
    public borrowing func setBufferSizes(receive: Int32? = nil, send: Int32? = nil) throws(SystemCallError) {
        if let receive { try setOption(SOL_SOCKET, SO_RCVBUF, receive) }
        if let send { try setOption(SOL_SOCKET, SO_SNDBUF, send) }
    }

    private static func stream(family: Int32) throws(SystemCallError) -> OwnedDescriptor {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let number = socket(family, Int32(kind), 0)
        guard number >= 0 else { throw SystemCallError(.socket) }
        return OwnedDescriptor(owning: number)
    }

    private borrowing func setOption(_ level: Int32, _ name: Int32, _ value: Int32) throws(SystemCallError) {
        var value = value
        guard setsockopt(rawValue, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemCallError(.setsockopt)
        }
    }
}
