import Glibc

/// An IPv4 or IPv6 address with a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address family's own form.
    public enum Host: Hashable, Sendable {
        /// Four bytes, first byte first.
        case ipv4(UInt32)
        /// Sixteen bytes as two big-endian halves, with the scope of a link-local address.
        case ipv6(UInt64, UInt64, scope: UInt32)
    }

    /// The host part.
    public var host: Host
    /// The TCP port; 0 asks the kernel for a free one.
    public var port: UInt16

    /// An address of a host and a port.
    public init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Parses a numeric address, `127.0.0.1` or `::1`; nil for anything else, names included.
    public init?(numeric text: String, port: UInt16) {
        var four = in_addr()
        var six = in6_addr()
        // C would read no further than a NUL.
        guard !text.utf8.contains(0) else { return nil }
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(host: .ipv4(UInt32(bigEndian: four.s_addr)), port: port)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(host: Self.host(six, scope: 0), port: port)
        } else {
            return nil
        }
    }

    /// `127.0.0.1`.
    public static func loopback(port: UInt16) -> SocketAddress {
        SocketAddress(host: .ipv4(0x7F00_0001), port: port)
    }

    /// `::1`.
    public static func loopbackIPv6(port: UInt16) -> SocketAddress {
        SocketAddress(host: .ipv6(0, 1, scope: 0), port: port)
    }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool {
        switch host {
        case .ipv4(let bytes): bytes >> 24 == 127
        case .ipv6(let high, let low, _): high == 0 && low == 1
        }
    }

    /// Whether a URL's host is this machine by its name alone: `localhost`, or a numeric address of loopback.
    public static func isLoopback(host: String) -> Bool {
        host.lowercased() == "localhost" || SocketAddress(numeric: host, port: 0)?.isLoopback == true
    }

    /// The host alone, an IPv6 address in brackets as a URL wants it.
    public var hostText: String {
        switch host {
        case .ipv4: numericHost
        case .ipv6: "[\(numericHost)]"
        }
    }

    /// The host alone, without brackets and scope.
    public var numericHost: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch host {
        case .ipv4(let bytes):
            var address = in_addr(s_addr: bytes.bigEndian)
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
            return Self.string(text)
        case .ipv6(let high, let low, _):
            var address = Self.in6(high, low)
            inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
            return Self.string(text)
        }
    }

    /// `127.0.0.1:80` or `[::1]:80`.
    public var description: String { "\(hostText):\(port)" }

    /// The address family for `socket(2)`.
    var family: Int32 {
        switch host {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        }
    }

    /// Calls `body` with the kernel's form of the address.
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch host {
        case .ipv4(let bytes):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = bytes.bigEndian
            return Self.rebound(&address, body)
        case .ipv6(let high, let low, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = Self.in6(high, low)
            address.sin6_scope_id = scope
            return Self.rebound(&address, body)
        }
    }

    /// Reads the kernel's form; nil for families other than IPv4 and IPv6.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            self = withUnsafeBytes(of: &storage) { bytes in
                let address = bytes.loadUnaligned(as: sockaddr_in.self)
                return SocketAddress(
                    host: .ipv4(UInt32(bigEndian: address.sin_addr.s_addr)), port: UInt16(bigEndian: address.sin_port))
            }
        case AF_INET6:
            self = withUnsafeBytes(of: &storage) { bytes in
                let address = bytes.loadUnaligned(as: sockaddr_in6.self)
                return SocketAddress(
                    host: Self.host(address.sin6_addr, scope: address.sin6_scope_id),
                    port: UInt16(bigEndian: address.sin6_port))
            }
        default:
            return nil
        }
    }

    private static func rebound<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private static func host(_ address: in6_addr, scope: UInt32) -> Host {
        withUnsafeBytes(of: address) { bytes in
            .ipv6(
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), scope: scope)
        }
    }

    private static func in6(_ high: UInt64, _ low: UInt64) -> in6_addr {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return address
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
