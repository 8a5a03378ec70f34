/// What one end wants of permessage-deflate (RFC 7692).
///
/// The memory that compression costs a connection is a choice. Without context takeover, the default, no connection
/// owns a compressor: those of one event loop share one for each negotiated window size, about 300 KB for the largest,
/// and one for messages of up to 4 KiB, about 50 KB, each made when first used. With it, each connection that has sent
/// a compressed message holds about 256 KB at 15 window bits and memory level 8, and each that has received one up to
/// 44 KB; every window bit less halves the larger part.
public struct DeflateOptions: Hashable, Sendable {
    /// Whether our compressor may refer to earlier messages.
    public var localContextTakeover = false
    /// Whether the peer's compressor may refer to earlier messages.
    public var remoteContextTakeover = false
    /// The largest window of our compressor, as its base-2 logarithm, 8 to 15.
    public var localWindowBits = 15
    /// The largest window of the peer's compressor, 8 to 15, if it lets us choose.
    public var remoteWindowBits = 15
    /// The compression level, 1 (fast) to 9 (small). A message's time matters more than its last few bytes.
    public var level = 1
    /// zlib's memory level, 1 to 9.
    public var memoryLevel = 8
    /// Messages below this many bytes are sent as they are.
    public var minimumBytes = 64

    /// The defaults: cheap for thousands of idle connections.
    public init() {}

    /// Both ends keep their context, for better compression of many similar messages and more memory.
    public static var contextTakeover: DeflateOptions {
        var options = DeflateOptions()
        options.localContextTakeover = true
        options.remoteContextTakeover = true
        return options
    }

    /// Whether every number lies in its range.
    public var isValid: Bool {
        (8...15).contains(localWindowBits) && (8...15).contains(remoteWindowBits) && (1...9).contains(level)
            && (1...9).contains(memoryLevel) && minimumBytes >= 0
    }
}

/// What both ends have negotiated, seen from one of them.
public struct DeflateAgreement: Hashable, Sendable {
    /// Whether our compressor keeps its window from message to message.
    public var localContextTakeover: Bool
    /// Whether the peer's does.
    public var remoteContextTakeover: Bool
    /// Our compressor's window, 8 to 15 bits.
    public var localWindowBits: Int
    /// The peer's compressor's window, 8 to 15 bits.
    public var remoteWindowBits: Int
    /// Our compressor's level.
    public var level: Int
    /// Our compressor's memory level.
    public var memoryLevel: Int
    /// Messages below this many bytes are sent as they are.
    public var minimumBytes: Int
}

extension DeflateAgreement: CustomStringConvertible {
    /// The extension, and the window and context that each end's compressor may use.
    public var description: String {
        func end(_ bits: Int, _ keepsContext: Bool) -> String {
            "with a window of \(bits) bits" + (keepsContext ? " and context takeover" : "")
        }
        return "permessage-deflate (sends \(end(localWindowBits, localContextTakeover)), "
            + "receives \(end(remoteWindowBits, remoteContextTakeover)))"
    }
}
