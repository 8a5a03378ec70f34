extension WebSocketMachine {
    /// Reads the next event out of `input`, from `position` on (RFC 6455, sections 5.2 to 5.8).
    ///
    /// Unmasks payloads in place and advances `position` past what it consumed. Call it again until it returns nil:
    /// then all input is consumed, and a frame cut short is kept inside. Bytes before `position` are not touched, so an
    /// event's payload stays valid as long as the input does. Answers the protocol demands are appended to `replies`.
    public mutating func next(
        in input: inout MutableRawSpan, at position: inout Int, replies: inout ByteQueue
    ) -> Event? {
        precondition(position >= 0 && position <= input.byteCount, "a position lies in the input")
        // The exclusive access to `input` lasts for the whole call, and so does the pointer.
        let bytes = input.withUnsafeMutableBytes { $0 }
        if position == bytes.count, delivered == .nothing { return nil }
        if let event = receiveShortMessage(bytes, &position, &replies) { return event }
        return receive(bytes, &position, &replies)
    }

    @inline(never)
    private mutating func receive(
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event? {
        if delivered != .nothing { dropDelivered() }
        guard let base = input.baseAddress, state.mayReceive else {
            position = input.count
            return nil
        }
        while position < input.count {
            if frame != nil {
                if let event = resumeFrame(input, &position, &replies) { return event }
                continue
            }
            guard header.isEmpty, input.count &- position >= 2 else {
                if let event = resumeHeader(input, &position, &replies) { return event }
                continue
            }
            let start = base + position
            if let breach = breach(first: start.load(as: UInt8.self), second: (start + 1).load(as: UInt8.self)) {
                return fail(breach, input, &position, &replies)
            }
            switch FrameHeader.decode(UnsafeRawPointer(start), available: input.count &- position) {
            case .incomplete:
                if let event = resumeHeader(input, &position, &replies) { return event }
            case .invalid(let rule):
                return fail(.invalidLength(rule), input, &position, &replies)
            case .complete(let header, let size):
                if let excess = excess(of: header) { return fail(excess, input, &position, &replies) }
                position &+= size
                guard header.payloadLength <= input.count &- position else {
                    begin(header)
                    continue
                }
                if let event = receiveWhole(header, input, &position, &replies) { return event }
            }
        }
        return nil
    }

    /// Handles a frame whose whole payload is in the input: nothing is copied unless the message is fragmented.
    @inline(__always)
    private mutating func receiveWhole(
        _ header: FrameHeader, _ input: UnsafeMutableRawBufferPointer, _ position: inout Int,
        _ replies: inout ByteQueue
    ) -> Event? {
        let payload = UnsafeMutableRawBufferPointer(
            start: input.baseAddress! + position, count: header.payloadLength)
        let range = Range(uncheckedBounds: (position, position &+ header.payloadLength))
        var isASCII = false
        if let key = header.maskingKey {
            isASCII = Masking.apply(key, to: payload.baseAddress!, count: payload.count)
        }
        guard header.fin, message == nil, !header.opcode.isControl, !header.rsv1 else {
            position = range.upperBound
            return receiveWholeSlowly(
                header, isASCII, UnsafeRawBufferPointer(payload), range, input, &position, &replies)
        }
        if header.opcode == .text {
            guard isASCII || UTF8Progress.isValid(UnsafeRawBufferPointer(payload)) else {
                return fail(.invalidUTF8, input, &position, &replies)
            }
            position = range.upperBound
            return .message(.text, .input(range))
        }
        position = range.upperBound
        return .message(.binary, .input(range))
    }

    @inline(never)
    private mutating func receiveWholeSlowly(
        _ header: FrameHeader, _ isASCII: Bool, _ payload: UnsafeRawBufferPointer, _ range: Range<Int>,
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event? {
        if header.opcode.isControl {
            return receiveControl(header.opcode, payload, .input(range), input, &position, &replies)
        }
        beginMessage(header)
        guard append(payload, isASCII: isASCII) else { return fail(.invalidUTF8, input, &position, &replies) }
        return header.fin ? finishMessage(input, &position, &replies) : nil
    }

    /// Collects a header that the input cuts, up to its last byte.
    @inline(never)
    private mutating func resumeHeader(
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event? {
        while position < input.count {
            let byte = input[position]
            position &+= 1
            do throws(ProtocolFailure) {
                let complete = try header.receive(byte)
                if let (first, second) = header.beginning ?? complete.map(\.beginning),
                    let breach = breach(first: first, second: second)
                {
                    return fail(breach, input, &position, &replies)
                }
                guard let complete else { continue }
                if let excess = excess(of: complete) { return fail(excess, input, &position, &replies) }
                begin(complete)
                // An empty payload is complete already.
                return complete.payloadLength == 0 ? finishFrame(input, &position, &replies) : nil
            } catch {
                return fail(error.kind, input, &position, &replies)
            }
        }
        return nil
    }

    /// Records a frame whose payload is still to come.
    private mutating func begin(_ header: FrameHeader) {
        if !header.opcode.isControl { beginMessage(header) }
        frame = CutFrame(
            opcode: header.opcode, fin: header.fin, maskingKey: header.maskingKey, missingBytes: header.payloadLength)
    }

    /// Takes the available part of a payload that began earlier.
    @inline(never)
    private mutating func resumeFrame(
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event? {
        guard var current = frame else { return nil }
        let count = min(current.missingBytes, input.count &- position)
        let piece = UnsafeMutableRawBufferPointer(rebasing: input[position..<(position &+ count)])
        var isASCII = false
        if let key = current.maskingKey, let start = piece.baseAddress {
            isASCII = Masking.apply(key, to: start, count: count)
            current.maskingKey = Masking.rotate(key, by: count)
        }
        current.missingBytes &-= count
        position &+= count
        if current.opcode.isControl {
            control.append(UnsafeRawBufferPointer(piece))
        } else if !append(UnsafeRawBufferPointer(piece), isASCII: isASCII) {
            return fail(.invalidUTF8, input, &position, &replies)
        }
        frame = current
        return current.missingBytes == 0 ? finishFrame(input, &position, &replies) : nil
    }

    /// Ends the frame in progress.
    private mutating func finishFrame(
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event? {
        guard let ended = frame else { return nil }
        frame = nil
        guard ended.opcode.isControl else { return ended.fin ? finishMessage(input, &position, &replies) : nil }
        let payload = control.unsafeBytes
        delivered = .control
        return receiveControl(ended.opcode, payload, .assembled, input, &position, &replies)
    }
}

extension WebSocketMachine {
    private mutating func beginMessage(_ header: FrameHeader) {
        switch header.opcode {
        case .text:
            message = .text
            text = UTF8Progress()
        case .binary: message = .binary
        default: return
        }
        deflate?.isMessageCompressed = header.rsv1
    }

    /// Adds to the message in progress; false if it is text that can no longer become valid.
    private mutating func append(_ piece: UnsafeRawBufferPointer, isASCII: Bool) -> Bool {
        if message == .text, deflate?.isMessageCompressed != true, !(isASCII && text.isComplete), !text.accept(piece) {
            return false
        }
        assembly.append(piece)
        return true
    }

    private mutating func finishMessage(
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event? {
        guard let kind = message else { return nil }
        if let deflate, deflate.isMessageCompressed {
            if let failure = decompressMessage(kind, deflate) { return fail(failure, input, &position, &replies) }
        } else if kind == .text, !text.isComplete {
            return fail(.invalidUTF8, input, &position, &replies)
        }
        message = nil
        delivered = .message
        return .message(kind, .assembled)
    }

    @inline(never)
    private mutating func dropDelivered() { _ = takeAssembled() }

    /// Fails the connection (RFC 6455, section 7.1.7).
    @inline(never)
    mutating func fail(
        _ kind: ProtocolFailure.Reason, _ input: UnsafeMutableRawBufferPointer, _ position: inout Int,
        _ replies: inout ByteQueue
    ) -> Event {
        let failure = ProtocolFailure(kind)
        if state.maySend { writeClose(failure.code, reason: failure.description, into: &replies) }
        releaseBuffers()
        state = .failed(failure)
        position = input.count
        return .failure(failure)
    }
}
