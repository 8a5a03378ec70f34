/// Why a client has no connection after the opening handshake (RFC 6455, section 4.1).
public enum ClientHandshakeFailure: Error, Hashable, Sendable {
    /// The server answered with a status other than 101; its body was not read.
    case refused(ResponseHead)
    /// The server's answer is not a valid handshake: close the stream.
    case invalid(Reason)
    /// The answer to a request in clear begins like a record of TLS (RFC 8446, section 5.1).
    case encrypted

    /// What can be wrong with an answer.
    public enum Reason: Error, Hashable, Sendable {
        /// The answer is not HTTP.
        case malformedHead(HandshakeFailure.Reason)
        /// No `Upgrade: websocket`.
        case missingUpgrade
        /// No `Connection: Upgrade`.
        case missingConnectionUpgrade
        /// Sec-WebSocket-Accept does not prove that the server read our key.
        case wrongAcceptKey
        /// An extension that was not offered.
        case unofferedExtension(String)
        /// Parameters of an extension that our offer does not allow (RFC 7692, section 5.1).
        case invalidExtensionAnswer(String)
        /// A subprotocol that was not offered.
        case unofferedSubprotocol(String)
        /// More than one subprotocol.
        case severalSubprotocols
    }
}

extension ClientHandshakeFailure: CustomStringConvertible {
    /// What the server did and where to look.
    public var description: String {
        switch self {
        case .refused(let head):
            "the server answered \(head.status) \(head.reason.escapedForTerminal) instead of 101; "
                + "check the URL's path and the server's log"
        case .invalid(.malformedHead(let reason)):
            "the server's answer is not HTTP/1.1 (\(reason)); check host and port"
        case .encrypted: "the server speaks TLS on this port: write wss:// in place of ws://"
        case .invalid(.missingUpgrade):
            "the answer lacks Upgrade: websocket; check that no proxy stands between"
        case .invalid(.missingConnectionUpgrade):
            "the answer lacks Connection: Upgrade; check that no proxy stands between"
        case .invalid(.wrongAcceptKey):
            "Sec-WebSocket-Accept does not fit our key; the server does not speak WebSocket, or a cache answered"
        case .invalid(.unofferedExtension(let name)):
            "the server uses the extension \(name.debugDescription), which was not offered; turn it off there"
        case .invalid(.invalidExtensionAnswer(let answer)):
            "the server's answer \(answer.debugDescription) does not fit the offer; turn compression off"
        case .invalid(.unofferedSubprotocol(let name)):
            "the server chose the subprotocol \(name.debugDescription), which was not offered; offer it"
        case .invalid(.severalSubprotocols):
            "the server chose several subprotocols; it may choose one"
        }
    }
}
