/// The hash of the opening handshake (RFC 3174; RFC 6455, section 4.2.2).
///
/// It proves there that the server read the key, nothing more: not for security.
enum SHA1 {
    private typealias State = (UInt32, UInt32, UInt32, UInt32, UInt32)
    private static let blockBytes = 64

    /// The 20 bytes of the hash.
    static func hash(_ message: some Collection<UInt8>) -> [UInt8] {
        var state: State = (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0)
        let count = (message.count + 9 + blockBytes - 1) / blockBytes * blockBytes
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { padded in
            padded.initializeMemory(as: UInt8.self, repeating: 0)
            padded.copyBytes(from: message)
            padded[message.count] = 0x80
            padded.storeBytes(of: (UInt64(message.count) &* 8).bigEndian, toByteOffset: count - 8, as: UInt64.self)
            for start in stride(from: 0, to: count, by: blockBytes) {
                add(UnsafeRawBufferPointer(rebasing: padded[start..<start + blockBytes]), to: &state)
            }
        }
        return [UInt8](unsafeUninitializedCapacity: 20) { output, count in
            let bytes = UnsafeMutableRawBufferPointer(output)
            bytes.storeBytes(of: state.0.bigEndian, toByteOffset: 0, as: UInt32.self)
            bytes.storeBytes(of: state.1.bigEndian, toByteOffset: 4, as: UInt32.self)
            bytes.storeBytes(of: state.2.bigEndian, toByteOffset: 8, as: UInt32.self)
            bytes.storeBytes(of: state.3.bigEndian, toByteOffset: 12, as: UInt32.self)
            bytes.storeBytes(of: state.4.bigEndian, toByteOffset: 16, as: UInt32.self)
            count = 20
        }
    }

    /// The rounds of one block (RFC 3174, section 6.1).
    private static func add(_ block: UnsafeRawBufferPointer, to state: inout State) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
            for index in 0..<16 {
                words[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
            }
            for index in 16..<80 {
                words[index] = rotate(
                    words[index &- 3] ^ words[index &- 8] ^ words[index &- 14] ^ words[index &- 16], 1)
            }
            var (a, b, c, d, e) = state
            @inline(__always)
            func round(_ index: Int, _ f: UInt32, _ k: UInt32) {
                (a, b, c, d, e) = (rotate(a, 5) &+ f &+ e &+ words[index] &+ k, a, rotate(b, 30), c, d)
            }
            for index in 0..<20 { round(index, b & c | ~b & d, 0x5A82_7999) }
            for index in 20..<40 { round(index, b ^ c ^ d, 0x6ED9_EBA1) }
            for index in 40..<60 { round(index, b & c | b & d | c & d, 0x8F1B_BCDC) }
            for index in 60..<80 { round(index, b ^ c ^ d, 0xCA62_C1D6) }
            state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
        }
    }

    @inline(__always)
    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { word &<< bits | word &>> (32 &- bits) }
}
