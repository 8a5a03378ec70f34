/// Why a text is no URL that a client here can open (RFC 6455, section 3).
public enum WebSocketURLError: Error, Hashable, Sendable {
    /// No scheme.
    case missingScheme
    /// A scheme other than `ws` and `wss`.
    case unsupportedScheme(String)
    /// A space, a control character or one outside ASCII.
    case forbiddenCharacter
    /// A fragment.
    case fragment
    /// A user name or password.
    case credentials
    /// No host, or characters that no host has.
    case invalidHost
    /// A port that is not a number from 1 to 65535.
    case invalidPort
}

extension WebSocketURLError: CustomStringConvertible {
    /// What is wrong and what to write instead.
    public var description: String {
        switch self {
        case .missingScheme: "the URL has no scheme; write ws://host:port/path"
        case .unsupportedScheme(let scheme):
            "the scheme \(scheme) is not WebSocket; write ws://host:port/path, or wss:// for TLS"
        case .forbiddenCharacter: "the URL has a space, control or non-ASCII character; percent-encode it"
        case .fragment: "a WebSocket URL has no fragment; remove # or write it as %23"
        case .credentials: "user names and passwords in a URL are not supported; send an Authorization field"
        case .invalidHost: "the URL's host is missing or malformed; write ws://host:port/, an IPv6 address as [::1]"
        case .invalidPort: "the URL's port is malformed; write a number from 1 to 65535"
        }
    }
}
