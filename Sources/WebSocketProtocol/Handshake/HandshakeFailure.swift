/// Why an HTTP head, or a request to upgrade, is refused (RFC 6455, section 4.2.2; RFC 9112).
public struct HandshakeFailure: Error, Hashable, Sendable {
    /// What is wrong.
    public var reason: Reason
    /// The status that a server answers with.
    public var status: Int

    /// Refuses for `reason`, with the status that fits it.
    public init(_ reason: Reason) {
        self.reason = reason
        status = reason.status
    }

    /// What can be wrong with a head or a request to upgrade.
    public enum Reason: Hashable, Sendable {
        /// CR without LF or LF without CR (RFC 9112, section 2.2).
        case bareLineEnding
        /// A NUL byte in the head.
        case nulByte
        /// The head exceeds the limit, in bytes.
        case headTooLarge(limit: Int)
        /// The head has more fields than the limit.
        case tooManyFields(limit: Int)
        /// The first line is not `METHOD target HTTP/1.1` (RFC 9112, section 3).
        case malformedRequestLine
        /// The first line is not `HTTP/1.1 status reason` (RFC 9112, section 4).
        case malformedStatusLine
        /// The target is neither a path nor an absolute URI (RFC 9112, section 3.2).
        case malformedTarget
        /// A version other than HTTP/1.x, or HTTP/1.0 with an upgrade.
        case unsupportedVersion
        /// A field line without a token, a colon or with control characters (RFC 9112, section 5).
        case malformedField
        /// A field continued on the next line (RFC 9112, section 5.2).
        case foldedField
        /// No Host field, or several (RFC 9112, section 3.2).
        case hostCount(Int)
        /// A Host field that is no host (RFC 9112, section 3.2).
        case malformedHost
        /// A Content-Length that is no number, or several that differ (RFC 9112, section 6.3).
        case malformedContentLength
        /// An upgrade with a method other than GET (RFC 6455, section 4.1).
        case methodNotAllowed
        /// No `Connection: Upgrade` (RFC 6455, section 4.2.1).
        case missingConnectionUpgrade
        /// A Sec-WebSocket-Version other than 13 (RFC 6455, section 4.4).
        case unsupportedWebSocketVersion
        /// Sec-WebSocket-Key is absent, repeated, or not 16 bytes in base64 (RFC 6455, section 4.2.1).
        case invalidKey
        /// A subprotocol that is no token (RFC 6455, section 4.1).
        case malformedSubprotocol
        /// A Sec-WebSocket-Extensions that does not follow the grammar (section 9.1).
        case malformedExtension
        /// A request to upgrade that has a body.
        case bodyNotAllowed
    }
}

extension HandshakeFailure.Reason {
    fileprivate var status: Int {
        switch self {
        case .headTooLarge, .tooManyFields: 431
        case .unsupportedVersion: 505
        case .methodNotAllowed: 405
        case .unsupportedWebSocketVersion: 426
        default: 400
        }
    }

    fileprivate var advice: String {
        switch self {
        case .bareLineEnding: "a line does not end with CR LF; end every line of the head with both"
        case .nulByte: "the head contains a NUL byte; speak HTTP/1.1 in plain text (TLS is not supported)"
        case .headTooLarge(let limit): "the head exceeds \(limit) bytes; send fewer or shorter fields"
        case .tooManyFields(let limit): "the head has more than \(limit) fields; send fewer"
        case .malformedRequestLine: "the first line is not a request; send METHOD, target and HTTP/1.1"
        case .malformedStatusLine: "the first line is not a status; the peer does not speak HTTP/1.1"
        case .malformedTarget: "the request target is malformed; send a path that begins with /"
        case .unsupportedVersion: "the HTTP version is not supported; use HTTP/1.1"
        case .malformedField: "a field line is malformed; send a token, a colon and visible characters"
        case .foldedField: "a field continues on the next line; send it on one line"
        case .hostCount(let count): "the request has \(count) Host fields; send one"
        case .malformedHost: "the Host field is malformed; send host:port"
        case .malformedContentLength: "the Content-Length is malformed; send one decimal number"
        case .methodNotAllowed: "only GET can upgrade to WebSocket; use GET"
        case .missingConnectionUpgrade: "Connection: Upgrade is missing; send it, and let no proxy drop it"
        case .unsupportedWebSocketVersion: "the WebSocket version is not supported; send Sec-WebSocket-Version: 13"
        case .invalidKey: "Sec-WebSocket-Key is not 16 bytes in base64; send it once, with 24 characters"
        case .malformedExtension: "a Sec-WebSocket-Extensions does not follow the grammar; see RFC 6455, section 9.1"
        case .malformedSubprotocol: "a Sec-WebSocket-Protocol is no token; offer plain names"
        case .bodyNotAllowed: "a request to upgrade has a body; send none"
        }
    }
}

extension HandshakeFailure: CustomStringConvertible {
    /// The status, what is wrong, and what to do about it.
    public var description: String { "\(status): \(reason.advice)" }
}
