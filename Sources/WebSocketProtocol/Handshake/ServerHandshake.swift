/// The server's side of the opening handshake, as a pure decision (RFC 6455, section 4.2).
public enum ServerHandshake {
    /// What to do with a request.
    public enum Decision: Equatable, Sendable {
        /// Send the acceptance; what follows the request is WebSocket.
        case upgrade(Acceptance)
        /// An ordinary HTTP request without a request for WebSocket: answer it as one.
        case notUpgrade
        /// Send an ``HTTPResponse`` that refuses for this failure, and close.
        case refuse(HandshakeFailure)
    }

    /// A switch to WebSocket that the server accepts (RFC 6455, section 4.2.2).
    public struct Acceptance: Equatable, Sendable {
        /// The value of Sec-WebSocket-Accept.
        public let acceptKey: String
        /// The subprotocol chosen, if any.
        public let subprotocol: String?
        /// The negotiated compression, if any (RFC 7692).
        public let deflate: DeflateAgreement?
        let deflateAnswer: DeflateParameters?
        /// Further fields to send; they must not repeat those of the handshake.
        public var fields = HTTPFields()

        /// Writes the 101 response, after which frames follow.
        public func encode(into output: inout ByteQueue) {
            output.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
            output.append("Sec-WebSocket-Accept: ")
            output.append(acceptKey)
            output.append("\r\n")
            if let subprotocol {
                output.append("Sec-WebSocket-Protocol: ")
                output.append(subprotocol)
                output.append("\r\n")
            }
            if let deflateAnswer {
                output.append("Sec-WebSocket-Extensions: ")
                output.append(deflateAnswer.text)
                output.append("\r\n")
            }
            fields.encode(into: &output)
            output.append("\r\n")
        }
    }

    /// Decides on a request, for a server that speaks `subprotocols` and compresses if `deflate` says how.
    ///
    /// Chooses the first subprotocol of the client's list that the server speaks; if there is none, the connection has
    /// none. The caller decides on the origin (section 10.2).
    public static func evaluate(
        _ head: RequestHead, subprotocols: [String] = [], deflate: DeflateOptions? = nil
    ) -> Decision {
        let fields = head.fields
        guard fields.hasToken("websocket", in: "Upgrade") else { return .notUpgrade }
        do throws(HandshakeFailure) {
            guard head.method == "GET" else { throw HandshakeFailure(.methodNotAllowed) }
            guard head.minorVersion >= 1 else { throw HandshakeFailure(.unsupportedVersion) }
            try checkAbsenceOfBody(fields)
            guard fields.hasToken("upgrade", in: "Connection") else {
                throw HandshakeFailure(.missingConnectionUpgrade)
            }
            guard fields.onlyValue(of: "Sec-WebSocket-Version") == "13" else {
                throw HandshakeFailure(.unsupportedWebSocketVersion)
            }
            guard let key = fields.onlyValue(of: "Sec-WebSocket-Key"), HandshakeKey.isValid(key) else {
                throw HandshakeFailure(.invalidKey)
            }
            let offered = fields.elements(of: "Sec-WebSocket-Protocol")
            guard offered.allSatisfy({ ASCII.isToken($0.utf8) }) else {
                throw HandshakeFailure(.malformedSubprotocol)
            }
            var extensions: [ExtensionElement] = []
            for text in fields.elements(of: "Sec-WebSocket-Extensions") {
                guard let element = ExtensionElement(text) else { throw HandshakeFailure(.malformedExtension) }
                extensions.append(element)
            }
            let compression = deflate?.answer(to: extensions)
            return .upgrade(
                Acceptance(
                    acceptKey: HandshakeKey.accept(for: key),
                    subprotocol: offered.first(where: subprotocols.contains), deflate: compression?.agreement,
                    deflateAnswer: compression?.answer))
        } catch {
            return .refuse(error)
        }
    }

    private static func checkAbsenceOfBody(_ fields: HTTPFields) throws(HandshakeFailure) {
        guard fields["Transfer-Encoding"] == nil else { throw HandshakeFailure(.bodyNotAllowed) }
        let lengths = fields.values(of: "Content-Length")
        guard let length = lengths.first else { return }
        guard lengths.allSatisfy({ ASCII.isSame($0, length) }), !length.isEmpty, length.utf8.allSatisfy(ASCII.isDigit)
        else {
            throw HandshakeFailure(.malformedContentLength)
        }
        guard length.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) else { throw HandshakeFailure(.bodyNotAllowed) }
    }
}
