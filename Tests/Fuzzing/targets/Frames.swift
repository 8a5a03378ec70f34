/// Any bytes as frames, in both roles, with and without compression (RFC 6455, section 5).
func fuzzFrames(_ given: FuzzInput) {
    var input = given
    let flags = input.byte()
    let limits = input.choice(of: frameLimits)
    let ways = Cutting.ways(&input)
    let role: Role = flags & 1 == 0 ? .server : .client
    let deflate: DeflateAgreement? =
        flags & 6 == 0
        ? nil
        : agreement(
            localTakeover: flags & 2 == 0, remoteTakeover: flags & 4 == 0, localBits: 15,
            remoteBits: 8 + Int(flags >> 3) % 8)
    let contexts = DeflateContexts()
    let closesFirst = flags & 0x40 != 0
    let bytes = Array(input.rest)
    let events = compareCuttings(bytes, ways) {
        var machine = WebSocketMachine(
            role: role, limits: limits, maskingKeys: countingKeys(), deflate: deflate, contexts: contexts)
        if closesFirst {
            var output = ByteQueue()
            require(machine.appendClose(.goingAway, reason: "over", into: &output), "an open connection closes")
        }
        return machine
    }
    if deflate == nil {
        let expected = ReferenceDecoder(bytes, role: role, limits: limits).events
        require(events == expected, "\(events) instead of \(expected)")
    }
    checkHeaders(bytes)
}

private let frameLimits = [
    MessageLimits(maximumFrameBytes: 1 << 16, maximumMessageBytes: 1 << 17),
    MessageLimits(maximumFrameBytes: 300, maximumMessageBytes: 500),
    MessageLimits(maximumFrameBytes: 5, maximumMessageBytes: 7),
    MessageLimits(maximumFrameBytes: 0, maximumMessageBytes: 0),
    MessageLimits(maximumFrameBytes: 1000, maximumMessageBytes: 100),
    MessageLimits(maximumFrameBytes: .max, maximumMessageBytes: 1 << 18),
]

/// A header that was read is written as it stood, for its encoding is the only one.
private func checkHeaders(_ bytes: [UInt8]) {
    var parser = FrameHeaderParser()
    var position = 0
    while position < bytes.count {
        let start = position
        let header: FrameHeader?
        do throws(ProtocolFailure) {
            header = try parser.receive(bytes.span.bytes, at: &position)
        } catch {
            return require(position > start && position - start <= 14, "a header is refused within its bytes")
        }
        guard let header else { return require(position == bytes.count, "a header needs more only at the end") }
        var output = ByteQueue()
        header.encode(into: &output)
        require(array(output) == Array(bytes[start..<position]), "\(header) is encoded otherwise than it was read")
        require(header.encodedBytes == position - start, "\(header) has another size than it was read with")
        guard header.payloadLength <= bytes.count - position else { return }
        position += header.payloadLength
    }
}

/// An agreement as the negotiation would make it.
func agreement(
    localTakeover: Bool, remoteTakeover: Bool, localBits: Int, remoteBits: Int, level: Int = 1, memoryLevel: Int = 8,
    minimumBytes: Int = 0
) -> DeflateAgreement {
    DeflateAgreement(
        localContextTakeover: localTakeover, remoteContextTakeover: remoteTakeover, localWindowBits: localBits,
        remoteWindowBits: remoteBits, level: level, memoryLevel: memoryLevel, minimumBytes: minimumBytes)
}
