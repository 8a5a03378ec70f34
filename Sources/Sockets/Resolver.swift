import Glibc
import SystemCalls

/// A host name that could not be turned into an address.
public struct ResolutionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The requested name.
    public var name: String
    /// What the resolver answered, in words.
    public var answer: String

    /// The name and the resolver's answer.
    public var description: String { "cannot resolve the host name \"\(name)\": \(answer)" }
}

/// Host names to addresses.
public enum Resolver {
    /// The addresses of `name`, numeric or not, in the order in which to try them.
    ///
    /// Blocks the calling thread while the system's resolver works; numeric addresses never block. From async code
    /// use `addresses(of:port:)`.
    public static func addressesBlocking(
        of name: String, port: UInt16
    ) throws(ResolutionFailure) -> [SocketAddress] {
        if let numeric = SocketAddress(numeric: name, port: port) { return [numeric] }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        var code = getaddrinfo(name, nil, &hints, &list)
        if code != 0 {
            // AI_ADDRCONFIG ignores loopback, so a machine with no network at all would not resolve "localhost".
            hints.ai_flags = 0
            code = getaddrinfo(name, nil, &hints, &list)
        }
        guard code == 0 else { throw ResolutionFailure(name: name, answer: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let found = entry {
            var storage = sockaddr_storage()
            let length = min(Int(found.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutableBytes(of: &storage) {
                $0.baseAddress!.copyMemory(from: found.pointee.ai_addr, byteCount: length)
            }
            if var address = SocketAddress(storage) {
                address.port = port
                if !addresses.contains(address) { addresses.append(address) }
            }
            entry = found.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw ResolutionFailure(name: name, answer: "it has no IPv4 or IPv6 address") }
        return addresses
    }

    /// The addresses of `name`, resolved on a thread of its own so that no event loop waits for the network.
    public static func addresses(of name: String, port: UInt16) async throws -> [SocketAddress] {
        if let numeric = SocketAddress(numeric: name, port: port) { return [numeric] }
        return try await withUnsafeThrowingContinuation { continuation in
            do {
                try Thread.detach(name: "resolver") {
                    continuation.resume(with: Result { try addressesBlocking(of: name, port: port) })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
