extension WebSocketMachine {
    /// Whether a message may begin with the next byte and nothing from before is pending.
    @inline(__always)
    private var isBetweenMessages: Bool {
        message == nil && frame == nil && header.isEmpty && delivered == .nothing && state.mayReceive
    }

    /// Reads a message of one short frame that lies whole in the input; nil leaves everything to the general path.
    ///
    /// Most traffic is like this. Everything unusual about the frame, broken rules included, is left to the general
    /// path, so that the rules are in one place.
    @inline(__always)
    mutating func receiveShortMessage(
        _ input: UnsafeMutableRawBufferPointer, _ position: inout Int, _ replies: inout ByteQueue
    ) -> Event? {
        let available = input.count &- position
        guard isBetweenMessages, available >= 2, let base = input.baseAddress else { return nil }
        let start = base + position
        let first = start.load(as: UInt8.self)
        let second = start.load(fromByteOffset: 1, as: UInt8.self)
        let count = Int(second & 0x7F)
        let size = role == .server ? 6 : 2
        guard first == 0x81 || first == 0x82, count <= 125, (second & 0x80 != 0) == (role == .server),
            size &+ count <= available, count <= limits.maximumFrameBytes, count <= limits.maximumMessageBytes
        else { return nil }
        let payload = start + size
        var isASCII = false
        if role == .server {
            let key = UInt32(littleEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
            isASCII = Masking.apply(key, to: payload, count: count)
        }
        let begin = position &+ size
        let range = Range(uncheckedBounds: (begin, begin &+ count))
        if first == 0x82 {
            position = range.upperBound
            return .message(.binary, .input(range))
        }
        guard isASCII || UTF8Progress.isValid(UnsafeRawBufferPointer(start: payload, count: count)) else {
            return fail(.invalidUTF8, input, &position, &replies)
        }
        position = range.upperBound
        return .message(.text, .input(range))
    }
}
