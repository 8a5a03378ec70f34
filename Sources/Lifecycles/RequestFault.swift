import WebSocketProtocol

/// What is wrong with an opening handshake's request (RFC 6455, section 4.2.1).
public enum RequestFault: String, Hashable, Sendable, CaseIterable, Codable {
    /// `Sec-WebSocket-Key` is not base64 of 16 bytes.
    case key
    /// `Sec-WebSocket-Version` is one that no server speaks.
    case version
    /// The path is one that the application is unlikely to know.
    case path
    /// `Origin` is foreign.
    case origin
    /// An ordinary request, without `Upgrade`.
    case noUpgrade
    /// Header fields of 128 KiB, beyond what servers take.
    case oversizedFields

    /// Appends the request for a script's target, with the `Sec-WebSocket-Key` of the connection's own handshake.
    func encode(
        _ script: PeerScript, target: String, fields: HTTPFields, key: String, into output: inout ByteQueue
    ) {
        output.append("GET \(self == .path ? "/watertight-no-such-path" : target) HTTP/1.1\r\n")
        var all: HTTPFields = ["Host": script.hostField]
        if self != .noUpgrade {
            all.append(name: "Upgrade", value: "websocket")
            all.append(name: "Connection", value: "Upgrade")
            all.append(name: "Sec-WebSocket-Key", value: self == .key ? "watertight" : key)
            all.append(name: "Sec-WebSocket-Version", value: self == .version ? "99" : "13")
        }
        let origin = self == .origin ? "http://stranger.invalid" : script.options.origin
        if let origin { all.append(name: "Origin", value: origin) }
        if !script.options.subprotocols.isEmpty {
            all.append(name: "Sec-WebSocket-Protocol", value: script.options.subprotocols.joined(separator: ", "))
        }
        for field in fields { all.append(name: field.name, value: field.value) }
        if self == .oversizedFields {
            let filling = String(repeating: "watertight", count: 409)
            for number in 0..<32 { all.append(name: "X-Filling-\(number)", value: filling) }
        }
        all.encode(into: &output)
        output.append("\r\n")
    }
}
