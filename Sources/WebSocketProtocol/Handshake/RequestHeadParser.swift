/// Reads a request's head, strictly (RFC 9112, sections 2, 3 and 5).
public struct RequestHeadParser: ~Copyable {
    private var collector: HeadCollector

    /// Begins at a request's first byte.
    public init(limits: HandshakeLimits = HandshakeLimits()) { collector = HeadCollector(limits: limits) }

    /// Bytes of memory held for an incomplete head.
    public var bufferedCapacity: Int { collector.bufferedCapacity }

    /// Takes bytes of `input` from `position` on, up to the blank line that ends the head.
    ///
    /// After `complete`, `position` is right after the blank line and the parser ready for another head. After
    /// `failed` it fails for ever.
    public mutating func receive(
        _ input: RawSpan, at position: inout Int
    ) -> Progress<RequestHead, HandshakeFailure> {
        collector.receive(input, at: &position, parse: Self.parse)
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ limits: HandshakeLimits
    ) throws(HandshakeFailure) -> RequestHead {
        var lines = HeadLines(bytes)
        let parts = lines.next().split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, ASCII.isToken(parts[0]), !parts[1].isEmpty,
            let minorVersion = try HeadLines.minorVersion(parts[2])
        else { throw HandshakeFailure(.malformedRequestLine) }
        guard isTarget(parts[1]) else { throw HandshakeFailure(.malformedTarget) }
        let head = RequestHead(
            method: HeadLines.text(parts[0]), target: HeadLines.text(parts[1]), minorVersion: minorVersion,
            fields: try lines.fields(limits: limits))
        try checkHost(of: head)
        return head
    }

    /// Origin-form or absolute-form, in visible ASCII without a fragment (RFC 9112, section 3.2).
    private static func isTarget(_ target: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard target.allSatisfy({ ASCII.isVisible($0) && $0 != UInt8(ascii: "#") }) else { return false }
        if target.first == UInt8(ascii: "/") { return true }
        let scheme = HeadLines.text(target.prefix { $0 != UInt8(ascii: ":") }).lowercased()
        return ["ws", "wss", "http", "https"].contains(scheme)
            && target.dropFirst(scheme.utf8.count).starts(with: "://".utf8)
    }

    private static func checkHost(of head: RequestHead) throws(HandshakeFailure) {
        let host = head.fields.onlyValue(of: "Host")
        let isAbsent = host == nil && head.minorVersion == 0 && head.fields["Host"] == nil
        guard host != nil || isAbsent else {
            throw HandshakeFailure(.hostCount(head.fields.values(of: "Host").count))
        }
        guard host.map({ ASCII.withBytes(of: $0) { $0.allSatisfy(ASCII.isHostCharacter) } }) ?? true,
            head.authority.map({ !$0.isEmpty && $0.allSatisfy(ASCII.isHostCharacter) }) ?? true
        else { throw HandshakeFailure(.malformedHost) }
    }
}
