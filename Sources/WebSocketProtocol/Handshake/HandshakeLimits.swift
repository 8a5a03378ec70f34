/// How much a peer may send before the opening handshake is decided.
public struct HandshakeLimits: Hashable, Sendable {
    /// The most bytes of a request's or response's head, its blank line included.
    ///
    /// A head that arrives in pieces is held in a buffer of up to twice this size.
    public var maximumHeadBytes: Int
    /// The most field lines; each costs two strings.
    public var maximumFieldCount: Int

    /// Sets both limits; 16 KiB and 100 fields by default.
    public init(maximumHeadBytes: Int = 16_384, maximumFieldCount: Int = 100) {
        self.maximumHeadBytes = maximumHeadBytes
        self.maximumFieldCount = maximumFieldCount
    }
}
