import WebSocketProtocol

/// A message of a `ConnectionUnderTest` that did not come back as it was sent.
public enum EchoFailure: Error, Sendable, CustomStringConvertible {
    /// Another message came in place of the echo.
    case echoMismatch(expected: Message, received: Message)
    /// No echo came within the limit.
    case echoTimedOut(Duration)
    /// The connection ended before the echo came, or had ended before.
    case connectionEnded(CloseOutcome)
    /// The message was not sent: the send buffer is full, the closing handshake has begun, or the connection never
    /// opened.
    case notSent(SendFailure)
    /// A message came that is no echo.
    case unexpectedMessage(Message)

    /// What happened.
    public var description: String {
        switch self {
        case .echoMismatch(let expected, let received):
            "the echo of \(Self.summary(expected)) is \(Self.summary(received)), \(Self.difference(expected, received))"
        case .echoTimedOut(let limit): "no echo came within \(limit)"
        case .connectionEnded(let outcome): "the connection ended before the echo came: \(outcome)"
        case .notSent(let failure): "the message was not sent: \(failure)"
        case .unexpectedMessage(let message): "\(Self.summary(message)) came that answers nothing"
        }
    }

    private static func summary(_ message: Message) -> String {
        "a \(message.kind == .text ? "text" : "binary") message of \(message.count) bytes"
    }

    private static func difference(_ expected: Message, _ received: Message) -> String {
        guard let index = zip(expected.bytes, received.bytes).enumerated().first(where: { $1.0 != $1.1 })?.offset else {
            return "alike as far as both go"
        }
        return "different from byte \(index) on"
    }
}
