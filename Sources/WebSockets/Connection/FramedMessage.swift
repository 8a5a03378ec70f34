public import WebSocketProtocol

/// A message framed once, for any number of connections: for what a server sends to all of its clients.
///
/// A server's frames are not masked (RFC 6455, section 5.1), so the same bytes suit every connection, and are not
/// copied as long as its peer reads. It is sent uncompressed even if compression was negotiated, which every sender may
/// do (RFC 7692, section 6).
public struct FramedMessage: Sendable {
    /// Text or binary.
    public let kind: MessageKind
    private let frame: Message
    private let headerBytes: Int

    /// Frames a copy of `payload`, which must be valid UTF-8 when `kind` is text.
    public init(_ kind: MessageKind, _ payload: RawSpan) {
        self.kind = kind
        let header = FrameHeader(opcode: kind == .text ? .text : .binary, payloadLength: payload.byteCount)
        headerBytes = header.encodedBytes
        var bytes = ByteQueue()
        header.encode(into: &bytes)
        bytes.append(payload)
        frame = Message(.binary, bytes.bytes)
    }

    /// Frames a text message.
    public init(_ text: String) {
        var text = text
        self = text.withUTF8 { FramedMessage(.text, UnsafeRawBufferPointer($0).bytes) }
    }

    /// The number of payload bytes.
    public var count: Int { frame.count - headerBytes }

    /// Calls `body` with the frame, header and payload.
    func withFrame<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try frame.withUnsafeBytes(body)
    }

    /// Calls `body` with the payload.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try frame.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[headerBytes...])) }
    }
}
