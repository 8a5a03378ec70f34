/// Reads a response's head, strictly (RFC 9112, sections 2, 4 and 5).
public struct ResponseHeadParser: ~Copyable {
    private var collector: HeadCollector

    /// Begins at a response's first byte.
    public init(limits: HandshakeLimits = HandshakeLimits()) { collector = HeadCollector(limits: limits) }

    /// Bytes of memory held for an incomplete head.
    public var bufferedCapacity: Int { collector.bufferedCapacity }

    /// Takes bytes of `input` from `position` on, up to the blank line that ends the head.
    ///
    /// After `complete`, `position` is right after the blank line and the parser ready for another head. After
    /// `failed` it fails for ever; the failure's status means nothing to a client.
    public mutating func receive(
        _ input: RawSpan, at position: inout Int
    ) -> Progress<ResponseHead, HandshakeFailure> {
        collector.receive(input, at: &position, parse: Self.parse)
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ limits: HandshakeLimits
    ) throws(HandshakeFailure) -> ResponseHead {
        var lines = HeadLines(bytes)
        let parts = lines.next().split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        // Many servers omit the space before an empty reason.
        guard parts.count >= 2, try HeadLines.minorVersion(parts[0]) != nil,
            parts[1].count == 3, parts[1].allSatisfy(ASCII.isDigit),
            let status = Int(HeadLines.text(parts[1])), status >= 100,
            parts.count == 2 || parts[2].allSatisfy(ASCII.isFieldValueCharacter)
        else { throw HandshakeFailure(.malformedStatusLine) }
        return ResponseHead(
            status: status, reason: parts.count == 3 ? HeadLines.text(parts[2]) : "",
            fields: try lines.fields(limits: limits))
    }
}
