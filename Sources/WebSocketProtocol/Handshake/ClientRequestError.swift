/// Something given for a client's request that would break it.
public enum ClientRequestError: Error, Hashable, Sendable {
    /// No host, or characters that no host has.
    case invalidHost(String)
    /// A target that does not begin with `/`, or has spaces, control characters or a fragment.
    case invalidTarget(String)
    /// A field whose name is no token or whose value has control characters.
    case invalidField(name: String)
    /// A field that the handshake writes itself.
    case reservedField(name: String)
    /// A subprotocol that is no token or is offered twice.
    case invalidSubprotocol(String)
    /// An origin with spaces or control characters.
    case invalidOrigin(String)
    /// A key that does not have 16 bytes.
    case invalidKey(byteCount: Int)
}

extension ClientRequestError: CustomStringConvertible {
    /// What is wrong and what to give instead.
    public var description: String {
        switch self {
        case .invalidHost(let host): "\(host.debugDescription) is no host; give host or host:port"
        case .invalidTarget(let target):
            "\(target.debugDescription) is no target; begin with / and percent-encode spaces and non-ASCII characters"
        case .invalidField(let name):
            "the field \(name.debugDescription) cannot be sent; use a token as name and no control characters"
        case .reservedField(let name): "the field \(name) belongs to the handshake; leave it out"
        case .invalidSubprotocol(let name): "\(name.debugDescription) is no subprotocol; offer distinct plain names"
        case .invalidOrigin(let origin): "\(origin.debugDescription) is no origin; give scheme://host:port"
        case .invalidKey(let count): "the key has \(count) bytes; give 16 random ones"
        }
    }
}
