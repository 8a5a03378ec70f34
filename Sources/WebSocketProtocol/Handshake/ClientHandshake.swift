/// The client's side of the opening handshake (RFC 6455, section 4.1).
///
/// Send what ``encodeRequest(into:)`` writes, feed what arrives to ``receive(_:at:)``.
public struct ClientHandshake: ~Copyable {
    private let request: ClientRequest
    private let key: String
    private var parser: ResponseHeadParser

    /// What the server accepted.
    public struct Accepted: Hashable, Sendable {
        /// The subprotocol the server chose from those offered, if any.
        public let subprotocol: String?
        /// The negotiated compression, if any (RFC 7692).
        public let deflate: DeflateAgreement?
        /// Every field of the response.
        public let fields: HTTPFields
    }

    /// Begins with a request that may serve many connections; `key` is 16 random bytes for this one.
    ///
    /// Throws `invalidKey` for another size.
    public init(
        _ request: ClientRequest, key: [UInt8] = ClientHandshake.randomKey(),
        limits: HandshakeLimits = HandshakeLimits()
    ) throws(ClientRequestError) {
        guard key.count == HandshakeKey.byteCount else { throw .invalidKey(byteCount: key.count) }
        self.request = request
        self.key = Base64.encode(key)
        parser = ResponseHeadParser(limits: limits)
    }

    /// Begins with a request of its own; throws like `ClientRequest.init`, and for a key that does not have 16 bytes.
    public init(
        host: String, target: String, fields: HTTPFields = HTTPFields(), subprotocols: [String] = [],
        origin: String? = nil, key: [UInt8] = ClientHandshake.randomKey(), deflate: DeflateOptions? = nil,
        limits: HandshakeLimits = HandshakeLimits()
    ) throws(ClientRequestError) {
        let request = try ClientRequest(
            host: host, target: target, fields: fields, subprotocols: subprotocols, origin: origin, deflate: deflate)
        try self.init(request, key: key, limits: limits)
    }

    /// Bytes of memory held for an incomplete response.
    public var bufferedCapacity: Int { parser.bufferedCapacity }

    /// Sixteen bytes from the system's random number generator, for one connection.
    public static func randomKey() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).flatMap { _ in
            let word: UInt64 = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (UInt64($0) * 8)) }
        }
    }

    /// Writes the request.
    public func encodeRequest(into output: inout ByteQueue) {
        request.encode(key: key, into: &output)
    }

    /// Takes bytes of `input` from `position` on, up to the end of the response's head.
    ///
    /// After `complete`, `position` is where the first frame begins. Every status but 101 is a refusal.
    public mutating func receive(
        _ input: RawSpan, at position: inout Int
    ) -> Progress<Accepted, ClientHandshakeFailure> {
        switch parser.receive(input, at: &position) {
        case .needsMore: return .needsMore
        case .failed(let failure):
            return .failed(input.beginsRecord ? .encrypted : .invalid(.malformedHead(failure.reason)))
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
        guard let upgrade = fields.onlyValue(of: "Upgrade"), ASCII.equalsIgnoringCase(upgrade, "websocket") else {
            throw .missingUpgrade
        }
        guard fields.hasToken("upgrade", in: "Connection") else { throw .missingConnectionUpgrade }
        guard let proof = fields.onlyValue(of: "Sec-WebSocket-Accept"),
            ASCII.isSame(proof, HandshakeKey.accept(for: key))
        else { throw .wrongAcceptKey }
        let agreement = try agreement(fields.elements(of: "Sec-WebSocket-Extensions"))
        let chosen = fields.elements(of: "Sec-WebSocket-Protocol")
        for name in chosen where !request.subprotocols.contains(where: { ASCII.isSame($0, name) }) {
            throw .unofferedSubprotocol(name)
        }
        guard chosen.count <= 1 else { throw .severalSubprotocols }
        return Accepted(subprotocol: chosen.first, deflate: agreement, fields: fields)
    }

    /// What the server's extensions negotiate; only what was offered may be there, and once.
    private func agreement(_ extensions: [String]) throws(ClientHandshakeFailure.Reason) -> DeflateAgreement? {
        guard let first = extensions.first else { return nil }
        guard let deflate = request.deflate else { throw .unofferedExtension(first) }
        for text in extensions.dropFirst() { throw .unofferedExtension(text) }
        guard let element = ExtensionElement(first), element.name == DeflateParameters.extensionName else {
            throw .unofferedExtension(first)
        }
        guard let agreement = deflate.agreement(from: element) else { throw .invalidExtensionAnswer(first) }
        return agreement
    }
}

extension RawSpan {
    /// Whether this begins like an alert or a handshake message of TLS 1.0 to 1.3 (RFC 8446, section 5.1).
    var beginsRecord: Bool {
        guard byteCount >= 2 else { return false }
        return withUnsafeBytes { ($0[0] == 21 || $0[0] == 22) && $0[1] == 3 }
    }
}
