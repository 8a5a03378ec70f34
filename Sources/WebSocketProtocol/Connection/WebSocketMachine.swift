/// A connection after the opening handshake: bytes in, events and bytes out (RFC 6455, sections 5 to 8).
///
/// No input or output, no clock. Feed what was read to ``next(in:at:replies:)`` until it returns nil, send what stands
/// in `replies`, and report the end of the stream. Between messages the machine owns no memory but its own fields.
public struct WebSocketMachine: ~Copyable {
    /// Which end this is.
    public let role: Role
    /// What the peer may make this end hold.
    public let limits: MessageLimits
    /// How far the connection has come.
    public internal(set) var state: State

    /// Whether the application is between the fragments of a message it sends.
    var isSendingFragments: Bool
    /// What the next call of ``takeAssembled()`` returns.
    var delivered: Delivered
    /// The message whose final fragment has not arrived yet, or that is cut short by the end of input.
    var message: MessageKind?
    /// The UTF-8 state of the current text message.
    var text: UTF8Progress
    /// The reserved bits that an extension allows, as they stand in a header's first byte.
    let allowedReservedBits: UInt8
    /// A header cut short by the end of input.
    var header: FrameHeaderParser
    /// A frame whose payload is cut short by the end of input.
    var frame: CutFrame?
    /// The payload so far of `message`.
    var assembly: ByteQueue
    /// The payload so far of a control frame cut short.
    var control: ByteQueue
    let maskingKeys: MaskingKeySource?
    /// The state of permessage-deflate, if it was negotiated.
    let deflate: DeflateState?

    /// Begins right after the opening handshake.
    ///
    /// A client needs a source of masking keys (section 5.3); a server's is ignored. With a `deflate` agreement
    /// messages are compressed (RFC 7692); give it the contexts of the thread that the machine lives on.
    public init(
        role: Role, limits: MessageLimits = MessageLimits(), maskingKeys: MaskingKeySource? = nil,
        deflate: DeflateAgreement? = nil, contexts: @autoclosure () -> DeflateContexts = DeflateContexts()
    ) {
        precondition(role == .server || maskingKeys != nil, "a client masks: give it a MaskingKeySource")
        self.role = role
        self.limits = limits
        self.maskingKeys = role == .client ? maskingKeys : nil
        state = .open
        isSendingFragments = false
        delivered = .nothing
        message = nil
        text = UTF8Progress()
        self.deflate = deflate.map { DeflateState($0, contexts: contexts()) }
        allowedReservedBits = deflate == nil ? 0 : 0x40
        header = FrameHeaderParser()
        frame = nil
        assembly = ByteQueue()
        control = ByteQueue()
    }

    /// The negotiated compression, if any (RFC 7692).
    public var compression: DeflateAgreement? { deflate?.agreement }

    /// The missing rest of a payload.
    struct CutFrame {
        var opcode: Opcode
        var fin: Bool
        /// Already rotated to the first missing byte.
        var maskingKey: UInt32?
        var missingBytes: Int
    }

    enum Delivered { case nothing, message, control }

    /// Returns the payload that the last event called `assembled`, and gives up its ownership.
    ///
    /// Call it before the next input, or the payload is dropped. Empty if there is none.
    public mutating func takeAssembled() -> ByteQueue {
        defer { delivered = .nothing }
        switch delivered {
        case .nothing: return ByteQueue()
        case .message: return exchange(&assembly, with: ByteQueue())
        case .control: return exchange(&control, with: ByteQueue())
        }
    }

    /// How many bytes of memory the machine holds for an unfinished message or control frame.
    public var bufferedCapacity: Int { assembly.capacity + control.capacity }

    /// Reports that the peer ended the stream or reset it (section 7.1.5).
    ///
    /// The event is an abnormal closure, code 1006, unless the connection had already ended otherwise.
    public mutating func receivedEndOfStream() -> Event? {
        releaseBuffers()
        guard state.mayReceive else { return nil }
        state = .lost
        return .close(.abnormalClosure, reason: "")
    }

    /// Ends the connection from this side, whatever the peer still sends (section 7.1.7).
    ///
    /// Appends a Close frame with `code`, if one may still be sent. Later input is discarded.
    public mutating func abandon(_ code: CloseCode, reason: String, into output: inout ByteQueue) {
        _ = appendClose(code, reason: reason, into: &output)
        releaseBuffers()
        if state.mayReceive { state = .lost }
    }

    mutating func releaseBuffers() {
        delivered = .nothing
        message = nil
        frame = nil
        assembly.removeAll(keepingCapacity: false)
        control.removeAll(keepingCapacity: false)
    }
}
