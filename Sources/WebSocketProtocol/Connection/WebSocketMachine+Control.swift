extension WebSocketMachine {
    /// The most payload bytes of a control frame (RFC 6455, section 5.5).
    public static var maximumControlBytes: Int { 125 }

    /// Handles a whole control frame and answers it (RFC 6455, sections 5.5.1 to 5.5.3).
    mutating func receiveControl(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, _ place: Payload,
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event {
        switch opcode {
        case .ping:
            if state.maySend { appendFrame(.pong, fin: true, payload, into: &replies) }
            return .ping(place)
        case .pong:
            return .pong(place)
        default:
            return receiveClose(payload, input, &position, &replies)
        }
    }

    private mutating func receiveClose(
        _ payload: UnsafeRawBufferPointer, _ input: UnsafeMutableRawBufferPointer, _ position: inout Int,
        _ replies: inout ByteQueue
    ) -> Event {
        var code = CloseCode.noStatusReceived
        var reason = ""
        if payload.count == 1 { return fail(.truncatedClose, input, &position, &replies) }
        if payload.count >= 2 {
            code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
            guard code.mayBeSent else { return fail(.badCloseCode(code), input, &position, &replies) }
            guard let text = String(validating: payload.dropFirst(2), as: UTF8.self) else {
                return fail(.invalidUTF8, input, &position, &replies)
            }
            reason = text
        }
        if state.maySend { writeClose(code == .noStatusReceived ? nil : code, reason: "", into: &replies) }
        releaseBuffers()
        state = .closeReceived(code)
        position = input.count
        return .close(code, reason: reason)
    }
}
