/// The client's side of the opening handshake (RFC 6455, section 4.1).
///
/// Send what ``encodeRequest(into:)`` writes, feed what arrives to ``receive(_:at:)``.
public struct ClientHandshake: ~Copyable {
    private let host: String
    private let target: String
    private let fields: HTTPFields
    private let subprotocols: [String]
    private let origin: String?
    private let key: String
    private let deflate: DeflateOptions?
    private var parser: ResponseHeadParser

    /// What the server agreed to.
    public struct Accepted: Hashable, Sendable {
        /// The subprotocol the server chose from those offered, if any.
        public let subprotocol: String?
        /// What was agreed about compression, if anything (RFC 7692).
        public let deflate: DeflateAgreement?
        /// Every field of the response.
        public let fields: HTTPFields
    }

    /// Prepares a request.
    ///
    /// `host` is the Host field's value, the port included; `target` the path and query; `key` 16 random bytes. Throws
    /// if anything given could break the request, such as a line ending in a field's value.
    public init(
        host: String, target: String, fields: HTTPFields = HTTPFields(), subprotocols: [String] = [],
        origin: String? = nil, key: [UInt8] = ClientHandshake.randomKey(), deflate: DeflateOptions? = nil,
        limits: HandshakeLimits = HandshakeLimits()
    ) throws(ClientRequestError) {
        guard !host.isEmpty, host.utf8.allSatisfy(ASCII.isHostCharacter) else { throw .invalidHost(host) }
        guard target.utf8.first == UInt8(ascii: "/"),
            target.utf8.allSatisfy({ ASCII.isVisible($0) && $0 != UInt8(ascii: "#") })
        else { throw .invalidTarget(target) }
        for field in fields {
            guard ASCII.isToken(field.name.utf8), field.value.utf8.allSatisfy(ASCII.isFieldValueCharacter) else {
                throw .invalidField(name: field.name)
            }
            guard !Self.isReserved(field.name) else { throw .reservedField(name: field.name) }
        }
        for (index, name) in subprotocols.enumerated() {
            guard ASCII.isToken(name.utf8), !subprotocols[..<index].contains(name) else {
                throw .invalidSubprotocol(name)
            }
        }
        if let origin, !origin.utf8.allSatisfy(ASCII.isVisible) { throw .invalidOrigin(origin) }
        guard key.count == HandshakeKey.byteCount else { throw .invalidKey(byteCount: key.count) }
        self.host = host
        self.target = target
        self.fields = fields
        self.subprotocols = subprotocols
        self.origin = origin
        self.key = Base64.encode(key)
        self.deflate = deflate
        parser = ResponseHeadParser(limits: limits)
    }

    /// How many bytes of memory are held for a response that has not arrived whole.
    public var bufferedCapacity: Int { parser.bufferedCapacity }

    /// Sixteen bytes from the system's random number generator, for one connection.
    public static func randomKey() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).flatMap { _ in
            let word: UInt64 = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (UInt64($0) * 8)) }
        }
    }

    /// Fields that this handshake writes itself or whose meaning it could not honour.
    private static func isReserved(_ name: String) -> Bool {
        [
            "host", "upgrade", "connection", "origin", "content-length", "transfer-encoding", "sec-websocket-key",
            "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions", "sec-websocket-accept",
        ].contains(name.lowercased())
    }

    /// Writes the request.
    public func encodeRequest(into output: inout ByteQueue) {
        output.append("GET \(target) HTTP/1.1\r\n")
        var all: HTTPFields = [
            "Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        ]
        if let origin { all.append(name: "Origin", value: origin) }
        if !subprotocols.isEmpty {
            all.append(name: "Sec-WebSocket-Protocol", value: subprotocols.joined(separator: ", "))
        }
        if let deflate { all.append(name: "Sec-WebSocket-Extensions", value: deflate.offer.text) }
        for field in fields { all.append(name: field.name, value: field.value) }
        all.encode(into: &output)
        output.append("\r\n")
    }

    /// Takes bytes of `input` from `position` on, up to the end of the response's head.
    ///
    /// After `complete`, `position` is where the first frame begins. Every status but 101 is a refusal.
    public mutating func receive(
        _ input: RawSpan, at position: inout Int
    ) -> Progress<Accepted, ClientHandshakeFailure> {
        switch parser.receive(input, at: &position) {
        case .needsMore: return .needsMore
        case .failed(let failure): return .failed(.invalid(.malformedHead(failure.reason)))
        case .complete(let head):
            guard head.status == 101 else { return .failed(.refused(head)) }
            do throws(ClientHandshakeFailure.Reason) {
                return .complete(try accept(head.fields))
            } catch {
                return .failed(.invalid(error))
            }
        }
    }

    private func accept(_ fields: HTTPFields) throws(ClientHandshakeFailure.Reason) -> Accepted {
        guard fields.tokens(of: "Upgrade") == ["websocket"] else { throw .missingUpgrade }
        guard fields.tokens(of: "Connection").contains("upgrade") else { throw .missingConnectionUpgrade }
        let proofs = fields.values(of: "Sec-WebSocket-Accept")
        guard proofs.count == 1, ASCII.isSame(proofs[0], HandshakeKey.accept(for: key)) else { throw .wrongAcceptKey }
        let agreement = try agreement(fields.elements(of: "Sec-WebSocket-Extensions"))
        let chosen = fields.elements(of: "Sec-WebSocket-Protocol")
        for name in chosen where !subprotocols.contains(where: { ASCII.isSame($0, name) }) {
            throw .unofferedSubprotocol(name)
        }
        guard chosen.count <= 1 else { throw .severalSubprotocols }
        return Accepted(subprotocol: chosen.first, deflate: agreement, fields: fields)
    }

    /// The agreement that the server's extensions amount to; only what was offered may be there, and once.
    private func agreement(_ extensions: [String]) throws(ClientHandshakeFailure.Reason) -> DeflateAgreement? {
        guard let first = extensions.first else { return nil }
        guard let deflate else { throw .unofferedExtension(first) }
        for text in extensions.dropFirst() { throw .unofferedExtension(text) }
        guard let element = ExtensionElement(first), element.name == DeflateParameters.extensionName else {
            throw .unofferedExtension(first)
        }
        guard let agreement = deflate.agreement(from: element) else { throw .invalidExtensionAnswer(first) }
        return agreement
    }
}
