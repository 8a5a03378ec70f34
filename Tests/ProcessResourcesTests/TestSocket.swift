import Glibc
import Testing

/// A TCP socket on the loopback interface, closed when it goes out of scope.
final class TestSocket {
    let descriptor: Int32
    let family: Int32
    /// Whether an IPv6 socket uses IPv4 addresses.
    let isMapped: Bool

    private init(descriptor: Int32, family: Int32, isMapped: Bool = false) throws {
        self.descriptor = descriptor
        self.family = family
        self.isMapped = isMapped
        try #require(descriptor >= 0, "errno \(errno)")
    }

    static func unconnected(
        family: Int32 = AF_INET, type: __socket_type = SOCK_STREAM, isMapped: Bool = false
    ) throws -> TestSocket {
        let type = Int32(type.rawValue | SOCK_CLOEXEC.rawValue)
        return try TestSocket(descriptor: socket(family, type, 0), family: family, isMapped: isMapped)
    }

    static func listening(
        family: Int32 = AF_INET, backlog: Int32 = 16, isMapped: Bool = false
    ) throws -> TestSocket {
        let listener = try unconnected(family: family, isMapped: isMapped)
        try #require(listener.withLoopback(port: 0) { bind(listener.descriptor, $0, $1) } == 0)
        try #require(listen(listener.descriptor, backlog) == 0)
        return listener
    }

    static func connected(to listener: TestSocket) throws -> TestSocket {
        let client = try unconnected(family: listener.family, isMapped: listener.isMapped)
        let port = listener.port
        try #require(client.withLoopback(port: port) { connect(client.descriptor, $0, $1) } == 0)
        return client
    }

    /// A connection on its way to a listener that answers none.
    static func connecting(to listener: TestSocket) throws -> TestSocket {
        let client = try unconnected(family: listener.family)
        let port = listener.port
        _ = fcntl(client.descriptor, F_SETFL, O_NONBLOCK)
        let code = client.withLoopback(port: port) { connect(client.descriptor, $0, $1) }
        try #require(code == -1 && errno == EINPROGRESS)
        return client
    }

    /// Half-closes.
    func shutdownWriting() throws {
        try #require(shutdown(descriptor, Int32(SHUT_WR)) == 0)
    }

    /// Writes until neither the kernel nor a peer that does not read takes more.
    func fill() throws {
        let bytes = [UInt8](repeating: 1, count: 65_536)
        var refusals = 0
        while refusals < 3 {
            let count = send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            try #require(count > 0 || errno == EAGAIN)
            refusals = count > 0 ? 0 : refusals + 1
            sched_yield()
        }
    }

    func accepted() throws -> TestSocket {
        let connection = accept(descriptor, nil, nil)
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        return try TestSocket(descriptor: connection, family: family, isMapped: isMapped)
    }

    var port: UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &address) { bytes in
            getsockname(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, &length)
            return UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
    }

    var inode: UInt64 {
        var status = stat()
        fstat(descriptor, &status)
        return UInt64(status.st_ino)
    }

    private func withLoopback(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        if family == AF_INET6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            if isMapped {
                let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1]
                withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: mapped) }
            }
            return withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    deinit { close(descriptor) }
}
