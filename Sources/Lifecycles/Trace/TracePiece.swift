/// Bytes of one direction that belong together, and what they mean.
public struct TracePiece: Hashable, Sendable {
    /// The bytes.
    public var bytes: [UInt8]
    /// What they mean, in words, without control characters; the lines of an HTTP head are separated by newlines.
    public var meaning: String
    /// Whether the bytes are the text that `meaning` gives, as those of HTTP are.
    public var isText: Bool
}
