/// Why a connection ends, as a Close frame or an endpoint states it (RFC 6455, section 7.4).
///
/// An open set: a code that has no name here survives. Names follow the IANA registry.
public struct CloseCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// Keeps `rawValue` as it is, registered or not.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// 1000: the purpose of the connection has been fulfilled.
    public static let normalClosure = CloseCode(rawValue: 1000)
    /// 1001: a server going down, or a browser leaving the page.
    public static let goingAway = CloseCode(rawValue: 1001)
    /// 1002: the peer broke the protocol.
    public static let protocolError = CloseCode(rawValue: 1002)
    /// 1003: a kind of message the endpoint cannot accept.
    public static let unsupportedData = CloseCode(rawValue: 1003)
    /// 1005: the Close frame carried no code. Never on the wire.
    public static let noStatusReceived = CloseCode(rawValue: 1005)
    /// 1006: the connection ended without a Close frame. Never on the wire.
    public static let abnormalClosure = CloseCode(rawValue: 1006)
    /// 1007: a payload that contradicts its type, such as text that is not UTF-8.
    public static let invalidPayload = CloseCode(rawValue: 1007)
    /// 1008: a message that breaks the endpoint's policy.
    public static let policyViolation = CloseCode(rawValue: 1008)
    /// 1009: a message beyond the endpoint's limit.
    public static let messageTooBig = CloseCode(rawValue: 1009)
    /// 1010: the client needs an extension that the server did not accept.
    public static let mandatoryExtension = CloseCode(rawValue: 1010)
    /// 1011: an unexpected condition at the endpoint.
    public static let internalError = CloseCode(rawValue: 1011)
    /// 1012: the service restarts.
    public static let serviceRestart = CloseCode(rawValue: 1012)
    /// 1013: the service is overloaded.
    public static let tryAgainLater = CloseCode(rawValue: 1013)
    /// 1014: a gateway received an invalid response from its upstream.
    public static let badGateway = CloseCode(rawValue: 1014)
    /// 1015: the TLS handshake failed. Never on the wire.
    public static let tlsHandshake = CloseCode(rawValue: 1015)

    /// Whether the code may stand in a Close frame (RFC 6455, section 7.4, and the IANA registry).
    ///
    /// The same rule applies to what is sent and to what is received.
    public var mayBeSent: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

extension CloseCode: CustomStringConvertible {
    /// The number, as people quote it.
    public var description: String { String(rawValue) }
}
