extension WebSocketMachine {
    /// Whether a whole message may be sent now: no Close frame was, and no message is between its fragments.
    public var maySendMessage: Bool { state.maySend && !isSendingFragments }

    /// Appends a message as one frame (RFC 6455, section 6.1).
    ///
    /// False, and nothing appended, once a Close frame was sent or the connection ended, or between the fragments of
    /// another message. The caller must pass text as UTF-8, and send outgoing bytes in the order of calls.
    public mutating func appendMessage(
        _ kind: MessageKind, _ payload: RawSpan, into output: inout ByteQueue
    ) -> Bool {
        guard maySendMessage else { return false }
        // The borrow of `payload` lasts for the whole call, and so does the pointer.
        let bytes = payload.withUnsafeBytes { $0 }
        if let deflate, bytes.count >= deflate.agreement.minimumBytes, bytes.count <= 1 << 30 {
            appendCompressed(kind, bytes, deflate, into: &output)
        } else {
            appendFrame(kind.opcode, fin: true, bytes, into: &output)
        }
        return true
    }

    /// Appends the header of a message whose payload the caller sends itself, right after it, without copying it.
    ///
    /// False, and nothing appended, if that is impossible: for a client, whose payload must be masked (RFC 6455,
    /// section 5.3), if messages are compressed, and if ``appendMessage(_:_:into:)`` would append nothing.
    public func appendHeader(_ kind: MessageKind, payloadBytes: Int, into output: inout ByteQueue) -> Bool {
        guard role == .server, deflate == nil, maySendMessage else { return false }
        FrameHeader(opcode: kind.opcode, payloadLength: payloadBytes).encode(into: &output)
        return true
    }

    /// Appends one fragment of a message (RFC 6455, section 5.4), uncompressed.
    ///
    /// The first carries `text` or `binary`, the others `continuation`, the last `fin`. False, and nothing appended,
    /// for any other order, for a control opcode, or once sending is over.
    public mutating func appendFragment(
        opcode: Opcode, fin: Bool, _ payload: RawSpan, into output: inout ByteQueue
    ) -> Bool {
        let isFirst = opcode == .text || opcode == .binary
        guard state.maySend, isFirst || opcode == .continuation, isFirst != isSendingFragments else { return false }
        payload.withUnsafeBytes { appendFrame(opcode, fin: fin, $0, into: &output) }
        isSendingFragments = !fin
        return true
    }

    /// Appends a Ping of at most 125 bytes (RFC 6455, section 5.5.2); false if it is longer or sending is over.
    public mutating func appendPing(_ payload: RawSpan, into output: inout ByteQueue) -> Bool {
        appendControl(.ping, payload, into: &output)
    }

    /// Appends an unsolicited Pong of at most 125 bytes (RFC 6455, section 5.5.3); false if it is longer or sending is
    /// over.
    public mutating func appendPong(_ payload: RawSpan, into output: inout ByteQueue) -> Bool {
        appendControl(.pong, payload, into: &output)
    }

    /// Appends our Close frame, which begins the closing handshake (RFC 6455, section 7.1.2).
    ///
    /// False, and nothing appended, if sending is over or `code` may not be sent. Without a code there is no reason
    /// either. A reason is cut to 123 bytes at a character boundary. Messages still arrive until the peer answers.
    public mutating func appendClose(
        _ code: CloseCode?, reason: String = "", into output: inout ByteQueue
    ) -> Bool {
        guard state.maySend, code?.mayBeSent ?? true else { return false }
        writeClose(code, reason: reason, into: &output)
        state = .closeSent(code ?? .noStatusReceived)
        return true
    }

    private mutating func appendControl(
        _ opcode: Opcode, _ payload: RawSpan, into output: inout ByteQueue
    ) -> Bool {
        guard state.maySend, payload.byteCount <= Self.maximumControlBytes else { return false }
        payload.withUnsafeBytes { appendFrame(opcode, fin: true, $0, into: &output) }
        return true
    }

    func writeClose(_ code: CloseCode?, reason: String, into output: inout ByteQueue) {
        guard let code else {
            return appendFrame(.close, fin: true, UnsafeRawBufferPointer(start: nil, count: 0), into: &output)
        }
        withUnsafeTemporaryAllocation(byteCount: Self.maximumControlBytes, alignment: 1) { payload in
            payload[0] = UInt8(truncatingIfNeeded: code.rawValue >> 8)
            payload[1] = UInt8(truncatingIfNeeded: code.rawValue)
            var reason = reason
            let count = reason.withUTF8 { units in
                let kept = Self.wholeCharacters(of: units, within: Self.maximumControlBytes - 2)
                for index in 0..<kept { payload[2 + index] = units[index] }
                return 2 + kept
            }
            appendFrame(.close, fin: true, UnsafeRawBufferPointer(rebasing: payload[..<count]), into: &output)
        }
    }

    /// How many bytes fit into `limit` without cutting a character.
    private static func wholeCharacters(of units: UnsafeBufferPointer<UInt8>, within limit: Int) -> Int {
        if units.count <= limit { return units.count }
        var end = limit
        while end > 0, units[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    /// Writes one frame, masked with a fresh key by a client (RFC 6455, section 5.3).
    @inline(__always)
    func appendFrame(
        _ opcode: Opcode, fin: Bool, rsv1: Bool = false, _ payload: UnsafeRawBufferPointer,
        into output: inout ByteQueue
    ) {
        let key = maskingKeys?.next()
        let header = FrameHeader(fin: fin, rsv1: rsv1, opcode: opcode, maskingKey: key, payloadLength: payload.count)
        output.withUnsafeTail(minimum: FrameHeader.maximumEncodedBytes &+ payload.count) { tail in
            let start = tail.baseAddress!
            let size = header.write(to: start)
            if let source = payload.baseAddress {
                (start + size).copyMemory(from: source, byteCount: payload.count)
                if let key { _ = Masking.apply(key, to: start + size, count: payload.count) }
            }
            return size &+ payload.count
        }
    }
}
