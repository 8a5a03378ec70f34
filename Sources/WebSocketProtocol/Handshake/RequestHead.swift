/// A request's first line and fields (RFC 9112, sections 3 and 5).
public struct RequestHead: Hashable, Sendable {
    /// The method, with its case.
    public var method: String
    /// The target as it was sent: a path with its query, or an absolute URI.
    public var target: String
    /// The digit after `HTTP/1.`.
    public var minorVersion: Int
    /// The fields in order.
    public var fields: HTTPFields

    /// Describes a request.
    public init(method: String, target: String, minorVersion: Int = 1, fields: HTTPFields) {
        self.method = method
        self.target = target
        self.minorVersion = minorVersion
        self.fields = fields
    }

    /// The target's path as sent, not percent-decoded, without authority and query.
    public var path: String {
        let resource = resource
        let path = resource.prefix { $0 != UInt8(ascii: "?") }
        return path.isEmpty ? "/" : String(Substring(path))
    }

    /// The segments of the path that are not empty, percent-decoded like `queryItems` (RFC 3986, section 3.3).
    public var pathSegments: [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map(Self.percentDecoded)
    }

    /// The query's `name=value` items in order, percent-decoded; `+` stays as it is.
    ///
    /// An item without `=` has an empty value. Malformed escapes stay as they are; each octet that is not UTF-8 becomes
    /// U+FFFD, as in browsers (WHATWG URL, section 1.3), so that different ones may look the same.
    public var queryItems: [(name: String, value: String)] {
        guard let mark = resource.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        return resource[resource.index(after: mark)...].split(separator: UInt8(ascii: "&")).map { item in
            let name = item.prefix { $0 != UInt8(ascii: "=") }
            return (Self.percentDecoded(name), Self.percentDecoded(item.dropFirst(name.count + 1)))
        }
    }

    /// The requested host and port: an absolute target's, otherwise the Host field's (RFC 9112, section 3.2.2).
    public var host: String? {
        authority.map { String(Substring($0)) } ?? fields["Host"]
    }

    /// The origin of the page that opens the connection, which only browsers send (RFC 6455, section 10.2).
    public var origin: String? { fields["Origin"] }

    /// The authority of an absolute target.
    var authority: Substring.UTF8View? {
        let bytes = target.utf8[...]
        guard bytes.first != UInt8(ascii: "/"), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let rest = bytes[bytes.index(after: colon)...]
        guard rest.starts(with: "//".utf8) else { return nil }
        return rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    }

    /// The target from its path on.
    private var resource: Substring.UTF8View {
        guard let authority else { return target.utf8[...] }
        return target.utf8[authority.endIndex...]
    }

    private static func percentDecoded(_ text: Substring.UTF8View) -> String {
        guard text.contains(UInt8(ascii: "%")) else { return String(Substring(text)) }
        var bytes: [UInt8] = []
        var rest = text
        while let first = rest.popFirst() {
            var digits = rest
            if first == UInt8(ascii: "%"), let high = digits.popFirst().flatMap(ASCII.hexadecimal),
                let low = digits.popFirst().flatMap(ASCII.hexadecimal)
            {
                bytes.append(high << 4 | low)
                rest = digits
            } else {
                bytes.append(first)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension HTTPFields: Hashable {
    /// Hashes values and lower-case names.
    public func hash(into hasher: inout Hasher) {
        for field in self {
            hasher.combine(field.name.lowercased())
            hasher.combine(field.value)
        }
    }
}
