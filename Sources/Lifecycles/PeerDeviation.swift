public import WebSocketProtocol

/// A close code is encoded as its number.
extension CloseCode: Codable {}

/// How a target ended a connection in its own way, once the lifecycle had reached its point.
public enum PeerDeviation: Hashable, Sendable, Codable {
    /// It ended the stream, without a Close frame, in a step that waits for something else.
    case endOfStream(at: Lifecycle.Step)
    /// It reset TCP.
    case reset(at: Lifecycle.Step)
    /// It sent a Close frame of its own with this code (RFC 6455, section 7.4), in a step that waits for something
    /// else.
    case close(CloseCode, at: Lifecycle.Step)
    /// It sent a frame or a message that is larger than the peer takes.
    case tooBig(at: Lifecycle.Step)
}

extension PeerDeviation: CustomStringConvertible {
    /// What the target did, in words.
    public var description: String {
        switch self {
        case .endOfStream(let step): "the target ended the stream (\(step))"
        case .reset(let step): "the target reset the connection (\(step))"
        case .close(.noStatusReceived, let step): "the target sent a Close without a code (\(step))"
        case .close(let code, let step): "the target sent a Close with \(code) (\(step))"
        case .tooBig(let step): "the target sent more than the peer takes at once (\(step))"
        }
    }
}
