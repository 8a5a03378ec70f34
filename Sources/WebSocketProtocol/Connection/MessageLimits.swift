/// How much a peer may make this endpoint hold (RFC 6455, section 10.4).
///
/// Both limits are enforced from frame headers, before any payload is kept.
public struct MessageLimits: Hashable, Sendable {
    /// The largest payload of one data frame.
    ///
    /// Costs no memory beyond `maximumMessageBytes`.
    public var maximumFrameBytes: Int

    /// The largest sum of a message's fragments.
    ///
    /// A connection whose message is fragmented or cut short by a read holds up to twice this much, because its buffer
    /// doubles as bytes arrive; a connection between messages holds none of it. While a message is decompressed, for
    /// one call, its compressed form is held as well.
    public var maximumMessageBytes: Int

    /// Sets both limits; 16 MiB each by default.
    public init(maximumFrameBytes: Int = 16 << 20, maximumMessageBytes: Int = 16 << 20) {
        self.maximumFrameBytes = maximumFrameBytes
        self.maximumMessageBytes = maximumMessageBytes
    }
}
