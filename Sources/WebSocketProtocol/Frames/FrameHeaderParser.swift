/// Reads frame headers from input that may cut them anywhere (RFC 6455, section 5.2).
///
/// Judges the length encoding only, because without a length nothing else can be read.
public struct FrameHeaderParser: Sendable {
    private var kept = InlineArray<14, UInt8>(repeating: 0)
    private var keptCount: UInt8 = 0

    /// Begins at a frame's first byte.
    public init() {}

    /// Whether no byte of a header is kept.
    public var isEmpty: Bool { keptCount == 0 }

    /// Takes bytes of `input` from `position` on, up to a header's end; nil needs more input.
    ///
    /// After a header it is ready for the next one: the caller skips the payload. After a failure it is useless.
    public mutating func receive(
        _ input: RawSpan, at position: inout Int
    ) throws(ProtocolFailure) -> FrameHeader? {
        precondition(position >= 0, "a position lies in the input")
        while position < input.byteCount {
            let byte = input.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            position += 1
            if let header = try receive(byte) { return header }
        }
        return nil
    }

    /// The header's first two bytes, once they are there.
    var beginning: (UInt8, UInt8)? { keptCount >= 2 ? (kept[0], kept[1]) : nil }

    mutating func receive(_ byte: UInt8) throws(ProtocolFailure) -> FrameHeader? {
        kept[Int(keptCount)] = byte
        keptCount &+= 1
        let available = Int(keptCount)
        let decoded = kept.span.bytes.withUnsafeBytes { FrameHeader.decode($0.baseAddress!, available: available) }
        switch decoded {
        case .incomplete: return nil
        case .complete(let header, _):
            keptCount = 0
            return header
        case .invalid(let rule):
            keptCount = 0
            throw ProtocolFailure(.invalidLength(rule))
        }
    }
}
