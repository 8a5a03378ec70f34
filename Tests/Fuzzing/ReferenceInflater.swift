import CZlib

/// What a compressed message must come to, told by the plainest use of zlib: one call for each DEFLATE stream, into room
/// for everything, with the earlier messages as a preset dictionary (RFC 7692, section 7.2.2).
struct ReferenceInflater {
    enum Outcome: Equatable {
        case complete([UInt8])
        case tooBig
        case invalid
    }

    /// The end of what earlier messages came to; a reference can reach that far back at most.
    private var history: [UInt8] = []
    let keepsContext: Bool

    init(keepsContext: Bool) { self.keepsContext = keepsContext }

    mutating func decompress(_ payload: [UInt8], limit: Int) -> Outcome {
        var message: [UInt8] = []
        var input = payload[...]
        var streams = 0
        // Nothing at all, or a final block and nothing after it, lacks nothing.
        while !input.isEmpty {
            streams += 1
            let dictionary = (history + message).suffix(32_768)
            let room = limit + 1 - message.count
            let stream = inflateStream(input + [0x00, 0x00, 0xFF, 0xFF], dictionary, room)
            message += stream.output
            if message.count > limit { return .tooBig }
            guard stream.isValid else { return .invalid }
            if stream.isFinal, stream.consumed <= input.count {
                // An honest sender needs one final block.
                guard streams <= 16 else { return .invalid }
                input = input.dropFirst(stream.consumed)
            } else {
                // The message ends where a block ends, and before the tail begins: otherwise it was cut short.
                let withoutTail = inflateStream(input, dictionary, room)
                guard stream.isBetweenBlocks, withoutTail.output == stream.output else { return .invalid }
                input = []
            }
        }
        if keepsContext { history = Array((history + message).suffix(32_768)) }
        return .complete(message)
    }
}

private struct InflatedStream {
    var output: [UInt8]
    var consumed: Int
    var isValid: Bool
    var isFinal: Bool
    var isBetweenBlocks: Bool
}

private func inflateStream(_ input: ArraySlice<UInt8>, _ dictionary: ArraySlice<UInt8>, _ room: Int) -> InflatedStream {
    var stream = z_stream()
    var input = Array(input)
    var dictionary = Array(dictionary)
    var isFinal = false
    var isValid = true
    var consumed = 0
    var isBetweenBlocks = false
    require(
        inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK, "zlib is there")
    defer { inflateEnd(&stream) }
    if !dictionary.isEmpty {
        require(inflateSetDictionary(&stream, &dictionary, UInt32(dictionary.count)) == Z_OK, "a window can be set")
    }
    let output = [UInt8](unsafeUninitializedCapacity: room) { output, written in
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(room)
            let code = inflate(&stream, Z_SYNC_FLUSH)
            isFinal = code == Z_STREAM_END
            isValid = isFinal || code == Z_OK || code == Z_BUF_ERROR
            consumed = input.count - Int(stream.avail_in)
            isBetweenBlocks = stream.data_type & 128 != 0
            written = room - Int(stream.avail_out)
        }
    }
    return InflatedStream(
        output: output, consumed: consumed, isValid: isValid, isFinal: isFinal, isBetweenBlocks: isBetweenBlocks)
}
