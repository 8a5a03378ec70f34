import Remedies
import WebSocketProtocol

/// An HTTP URL: `http://host[:port]/path?query`, or `https:` for TLS.
public struct HTTPLocation: Hashable, Sendable, CustomStringConvertible {
    /// The host's name or address, an IPv6 address without its brackets.
    public var host: String { url.host }
    /// Whether TLS is asked for: the scheme is `https`.
    public var isSecure: Bool { url.isSecure }
    /// The port, 80 or with TLS 443 unless the URL names another.
    public var port: UInt16 { url.port }
    var target: String { url.target }
    var hostField: String { url.hostField }

    /// The same place with another scheme; both follow RFC 3986.
    private let url: WebSocketURL

    /// Reads a URL, without changing a character of it.
    public init(_ text: String) throws(HeapProbeFailure) {
        guard text.hasPrefix("http://") || text.hasPrefix("https://"),
            let url = try? WebSocketURL("ws" + text.dropFirst(4))
        else {
            throw HeapProbeFailure(
                "\"\(text)\" is not a URL that can be read: write http://HOST:PORT/PATH, or https:// for TLS, without a password"
            )
        }
        self.url = url
    }

    /// The URL in full.
    public var description: String { "http" + url.description.dropFirst(2) }
}
