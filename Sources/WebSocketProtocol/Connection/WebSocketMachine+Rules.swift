extension WebSocketMachine {
    /// The rule that a frame's first two bytes break, if any (RFC 6455, sections 5.1, 5.2, 5.4 and 5.5).
    @inline(__always)
    func breach(first: UInt8, second: UInt8) -> ProtocolFailure.Reason? {
        let reserved = first & 0x70
        if reserved & ~allowedReservedBits != 0 { return .reservedBits }
        let opcode = Opcode(rawValue: first & 0x0F)
        switch opcode {
        case .text, .binary:
            if message != nil { return .expectedContinuation }
        case .continuation:
            if message == nil { return .unexpectedContinuation }
            // RSV1 belongs to a message's first frame (RFC 7692, section 6).
            if reserved != 0 { return .reservedBits }
        case .close, .ping, .pong:
            if reserved != 0 { return .reservedBits }
            if first & 0x80 == 0 { return .fragmentedControl }
            if second & 0x7F > 125 { return .oversizeControl }
        default:
            return .unknownOpcode(opcode)
        }
        if (second & 0x80 != 0) != (role == .server) {
            return role == .server ? .unmaskedFrame : .maskedFrame
        }
        return nil
    }

    /// The limit that a frame exceeds according to its header, if any (RFC 6455, section 10.4).
    @inline(__always)
    func excess(of header: FrameHeader) -> ProtocolFailure.Reason? {
        if header.opcode.isControl { return nil }
        if header.payloadLength > limits.maximumFrameBytes { return .frameTooBig(limit: limits.maximumFrameBytes) }
        let before = header.opcode == .continuation ? assembly.count : 0
        let (sum, overflow) = before.addingReportingOverflow(header.payloadLength)
        if overflow || sum > limits.maximumMessageBytes {
            return .messageTooBig(limit: limits.maximumMessageBytes)
        }
        return nil
    }
}

extension FrameHeader {
    /// The header's first two bytes, as far as the rules read them.
    var beginning: (UInt8, UInt8) {
        var first = opcode.rawValue
        if fin { first |= 0x80 }
        if rsv1 { first |= 0x40 }
        if rsv2 { first |= 0x20 }
        if rsv3 { first |= 0x10 }
        let length = payloadLength <= 125 ? UInt8(payloadLength) : 126
        return (first, maskingKey == nil ? length : length | 0x80)
    }
}
