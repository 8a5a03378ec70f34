/// A WebSocket URI: `ws://host[:port]/path?query`, or `wss:` for TLS (RFC 6455, section 3).
public struct WebSocketURL: Hashable, Sendable {
    /// Whether TLS is asked for: the scheme is `wss`.
    public let isSecure: Bool
    /// The host's name or address, an IPv6 address without its brackets.
    public let host: String
    /// The port, 80 or with TLS 443 unless the URI names another.
    public let port: UInt16
    /// What to request: path and query, never empty.
    public let target: String

    private let isIPv6: Bool

    /// The Host field's value: brackets around an IPv6 address, no port if it is the scheme's own.
    public var hostField: String {
        let name = isIPv6 ? "[\(host)]" : host
        return port == Self.defaultPort(isSecure) ? name : "\(name):\(port)"
    }

    /// Reads a URI, without changing a character of it.
    public init(_ string: String) throws(WebSocketURLError) {
        guard string.utf8.allSatisfy(ASCII.isVisible) else { throw .forbiddenCharacter }
        guard let mark = string.utf8.firstIndex(of: UInt8(ascii: ":")),
            string.utf8[mark...].starts(with: "://".utf8)
        else { throw .missingScheme }
        let scheme = String(string[..<mark]).lowercased()
        guard scheme == "ws" || scheme == "wss" else { throw .unsupportedScheme(scheme) }
        isSecure = scheme == "wss"
        guard !string.utf8.contains(UInt8(ascii: "#")) else { throw .fragment }
        let rest = string.utf8[mark...].dropFirst(3)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let resource = String(Substring(rest[authority.endIndex...]))
        target = resource.utf8.first == UInt8(ascii: "/") ? resource : "/" + resource
        guard !authority.contains(UInt8(ascii: "@")) else { throw .credentials }

        let afterHost: Substring.UTF8View
        if authority.first == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else { throw .invalidHost }
            let address = authority[..<close].dropFirst()
            guard address.contains(UInt8(ascii: ":")),
                address.allSatisfy({
                    ASCII.hexadecimal($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { throw .invalidHost }
            host = String(Substring(address))
            isIPv6 = true
            afterHost = authority[close...].dropFirst()
        } else {
            let name = authority.prefix { $0 != UInt8(ascii: ":") }
            guard !name.isEmpty, name.allSatisfy(Self.isNameCharacter) else { throw .invalidHost }
            host = String(Substring(name))
            isIPv6 = false
            afterHost = authority[name.endIndex...]
        }
        port = try Self.port(afterHost) ?? Self.defaultPort(isSecure)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        ASCII.isHostCharacter(byte) && ![UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":")].contains(byte)
    }

    private static func defaultPort(_ isSecure: Bool) -> UInt16 { isSecure ? 443 : 80 }

    /// The port that the text after a host names; nil if it names none.
    private static func port(_ text: Substring.UTF8View) throws(WebSocketURLError) -> UInt16? {
        guard let colon = text.first else { return nil }
        guard colon == UInt8(ascii: ":") else { throw .invalidHost }
        let digits = text.dropFirst()
        guard digits.allSatisfy(ASCII.isDigit), let port = UInt16(Substring(digits)), port > 0 else {
            throw .invalidPort
        }
        return port
    }
}

extension WebSocketURL: CustomStringConvertible {
    /// The URI in full.
    public var description: String { "\(isSecure ? "wss" : "ws")://\(hostField)\(target)" }
}
