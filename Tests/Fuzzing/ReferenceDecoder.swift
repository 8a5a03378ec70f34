/// What bytes as frames must come to without extensions, told by the plainest reading of the rules: all input at once,
/// every payload copied (RFC 6455, sections 5, 7.4 and 8.1).
struct ReferenceDecoder {
    let role: Role
    let limits: MessageLimits
    private(set) var events: [Observed] = []
    private var message: (kind: MessageKind, payload: [UInt8])?

    init(_ bytes: [UInt8], role: Role, limits: MessageLimits) {
        self.role = role
        self.limits = limits
        var rest = bytes[...]
        while readFrame(&rest) {}
    }

    /// Reads one frame; false after the last.
    private mutating func readFrame(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.count >= 2 else { return false }
        let (first, second) = (rest.removeFirst(), rest.removeFirst())
        let isMasked = second & 0x80 != 0
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0F)
        if let reason = breach(first, second) { return fail(reason) }

        var length = Int(second & 0x7F)
        let wide = length == 126 ? 2 : length == 127 ? 8 : 0
        guard rest.count >= wide + (isMasked ? 4 : 0) else { return false }
        if wide > 0 {
            let value = rest.prefix(wide).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            rest.removeFirst(wide)
            guard value < 1 << 63 else { return fail(.invalidLength(.topBitSet)) }
            guard value > (wide == 2 ? 125 : 65_535) else { return fail(.invalidLength(.nonminimal)) }
            length = Int(value)
        }
        let key = isMasked ? Array(rest.prefix(4)) : [0, 0, 0, 0]
        if isMasked { rest.removeFirst(4) }
        if opcode < 8 {
            if length > limits.maximumFrameBytes { return fail(.frameTooBig(limit: limits.maximumFrameBytes)) }
            if length > limits.maximumMessageBytes - (message?.payload.count ?? 0) {
                return fail(.messageTooBig(limit: limits.maximumMessageBytes))
            }
        }
        let payload = rest.prefix(length).enumerated().map { $1 ^ key[$0 % 4] }
        rest.removeFirst(payload.count)
        return opcode < 8
            ? readData(opcode, fin, payload, isWhole: payload.count == length)
            : payload.count == length && readControl(opcode, payload)
    }

    private func breach(_ first: UInt8, _ second: UInt8) -> ProtocolFailure.Reason? {
        let opcode = first & 0x0F
        if first & 0x70 != 0 { return .reservedBits }
        if ![0, 1, 2, 8, 9, 10].contains(opcode) { return .unknownOpcode(Opcode(rawValue: opcode)) }
        if opcode == 0, message == nil { return .unexpectedContinuation }
        if opcode == 1 || opcode == 2, message != nil { return .expectedContinuation }
        if opcode >= 8, first & 0x80 == 0 { return .fragmentedControl }
        if opcode >= 8, second & 0x7F > 125 { return .oversizeControl }
        switch (role, second & 0x80 != 0) {
        case (.server, false): return .unmaskedFrame
        case (.client, true): return .maskedFrame
        default: return nil
        }
    }

    private mutating func readData(_ opcode: UInt8, _ fin: Bool, _ payload: [UInt8], isWhole: Bool) -> Bool {
        var (kind, all) = message ?? (opcode == 1 ? .text : .binary, [])
        all += payload
        if kind == .text, !Self.mayBecomeText(all) { return fail(.invalidUTF8) }
        guard isWhole else { return false }
        message = (kind, all)
        guard fin else { return true }
        if kind == .text, String(validating: all, as: UTF8.self) == nil { return fail(.invalidUTF8) }
        events.append(.message(kind, all))
        message = nil
        return true
    }

    private mutating func readControl(_ opcode: UInt8, _ payload: [UInt8]) -> Bool {
        if opcode == 9 {
            events.append(.ping(payload))
            return true
        }
        if opcode == 10 {
            events.append(.pong(payload))
            return true
        }
        if payload.isEmpty {
            events.append(.close(.noStatusReceived, ""))
            return false
        }
        guard payload.count >= 2 else { return fail(.truncatedClose) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        // The registry's codes, and those for libraries and applications (section 7.4.2).
        guard
            [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].contains(code) || code / 1000 == 3
                || code / 1000 == 4
        else { return fail(.badCloseCode(CloseCode(rawValue: code))) }
        guard let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else { return fail(.invalidUTF8) }
        events.append(.close(CloseCode(rawValue: code), reason))
        return false
    }

    private mutating func fail(_ reason: ProtocolFailure.Reason) -> Bool {
        events.append(.failure(ProtocolFailure(reason)))
        return false
    }

    /// Whether some bytes at the end would make the text valid, or none are needed.
    private static func mayBecomeText(_ bytes: [UInt8]) -> Bool {
        if String(validating: bytes, as: UTF8.self) != nil { return true }
        for next in [0x80, 0x90, 0xA0] as [UInt8] {
            for more in [[], [0x80], [0x80, 0x80]] as [[UInt8]]
            where String(validating: bytes + [next] + more, as: UTF8.self) != nil {
                return true
            }
        }
        return false
    }
}
