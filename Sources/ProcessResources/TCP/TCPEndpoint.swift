import Glibc

/// One end of a TCP connection.
public struct TCPEndpoint: Sendable, Hashable {
    /// An Internet address in network byte order.
    public enum Address: Sendable, Hashable {
        /// Four bytes, the first in the highest.
        case v4(UInt32)
        /// Sixteen bytes, the first in the highest.
        case v6(UInt64, UInt64)
    }

    /// The address.
    public var address: Address
    /// The port, 0 to 65535.
    public var port: UInt16

    /// Joins an address and a port.
    public init(address: Address, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension TCPEndpoint: CustomStringConvertible {
    /// The address and the port, `127.0.0.1:80` or `[::1]:80`.
    public var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}

extension TCPEndpoint.Address: CustomStringConvertible {
    /// The address as it is usually written.
    public var description: String {
        switch self {
        case .v4(let bytes):
            return stride(from: 24, through: 0, by: -8).map { String(bytes >> UInt32($0) & 0xFF) }
                .joined(separator: ".")
        case .v6(let high, let low):
            var bytes = in6_addr()
            withUnsafeMutableBytes(of: &bytes) { buffer in
                buffer.storeBytes(of: high.bigEndian, as: UInt64.self)
                buffer.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count)) != nil else { return "?" }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
