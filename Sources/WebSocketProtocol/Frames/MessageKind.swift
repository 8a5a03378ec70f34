/// The two kinds of message an application exchanges (RFC 6455, section 5.6).
public enum MessageKind: Hashable, Sendable {
    /// UTF-8 text, validated when received; the sender is responsible for what it sends.
    case text
    /// Any bytes.
    case binary

    /// The opcode that begins a message of this kind.
    var opcode: Opcode { self == .text ? .text : .binary }
}
