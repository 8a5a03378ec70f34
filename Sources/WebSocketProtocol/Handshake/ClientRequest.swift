/// The request of a client's opening handshake, all but its key, so that it can be written for many connections
/// (RFC 6455, section 4.1).
public struct ClientRequest: Hashable, Sendable {
    /// Subprotocols offered.
    let subprotocols: [String]
    /// The compression offered.
    let deflate: DeflateOptions?
    private let beforeKey: [UInt8]
    private let afterKey: [UInt8]

    /// Prepares a request.
    ///
    /// `host` is the Host field's value, the port included; `target` the path and query. Throws if anything could break
    /// the request, such as a line ending in a field's value.
    public init(
        host: String, target: String, fields: HTTPFields = HTTPFields(), subprotocols: [String] = [],
        origin: String? = nil, deflate: DeflateOptions? = nil
    ) throws(ClientRequestError) {
        try Self.require(host: host, target: target, fields: fields, origin: origin)
        for (index, name) in subprotocols.enumerated() {
            guard ASCII.isToken(name.utf8), !subprotocols[..<index].contains(name) else {
                throw .invalidSubprotocol(name)
            }
        }
        self.subprotocols = subprotocols
        self.deflate = deflate
        let before = "GET \(target) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        beforeKey = Array("\(before)Sec-WebSocket-Key: ".utf8)
        var all: HTTPFields = ["Sec-WebSocket-Version": "13"]
        if let origin { all.append(name: "Origin", value: origin) }
        if !subprotocols.isEmpty {
            all.append(name: "Sec-WebSocket-Protocol", value: subprotocols.joined(separator: ", "))
        }
        if let deflate { all.append(name: "Sec-WebSocket-Extensions", value: deflate.offer.text) }
        for field in fields { all.append(name: field.name, value: field.value) }
        var rest = ByteQueue()
        rest.append("\r\n")
        all.encode(into: &rest)
        rest.append("\r\n")
        afterKey = rest.withUnsafeBytes { Array($0) }
    }

    /// Throws where one of these could break a request.
    static func require(
        host: String, target: String, fields: HTTPFields, origin: String?
    ) throws(ClientRequestError) {
        guard !host.isEmpty, host.utf8.allSatisfy(ASCII.isHostCharacter) else { throw .invalidHost(host) }
        guard target.utf8.first == UInt8(ascii: "/"),
            target.utf8.allSatisfy({ ASCII.isVisible($0) && $0 != UInt8(ascii: "#") })
        else { throw .invalidTarget(target) }
        for field in fields {
            guard ASCII.isToken(field.name.utf8), field.value.utf8.allSatisfy(ASCII.isFieldValueCharacter) else {
                throw .invalidField(name: field.name)
            }
            guard !isReserved(field.name) else { throw .reservedField(name: field.name) }
        }
        if let origin, !origin.utf8.allSatisfy(ASCII.isVisible) { throw .invalidOrigin(origin) }
    }

    /// Fields that the handshake writes itself or whose meaning it could not honor.
    private static func isReserved(_ name: String) -> Bool {
        [
            "host", "upgrade", "connection", "origin", "content-length", "transfer-encoding", "sec-websocket-key",
            "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions", "sec-websocket-accept",
        ].contains(name.lowercased())
    }

    /// Writes the request with the base64 of a connection's key.
    func encode(key: String, into output: inout ByteQueue) {
        output.append(beforeKey.span.bytes)
        output.append(key)
        output.append(afterKey.span.bytes)
    }
}
