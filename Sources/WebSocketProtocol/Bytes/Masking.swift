/// The XOR of payloads with a masking key (RFC 6455, section 5.3).
///
/// A key is held as the little-endian value of its four wire bytes: its lowest byte is the first on the wire.
enum Masking {
    /// The key as it applies to a payload from `offset` on.
    @inline(__always)
    static func rotate(_ key: UInt32, by offset: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: offset & 3) &* 8
        return key &>> bits | key &<< ((32 &- bits) & 31)
    }

    /// XORs `count` bytes in place and says whether all results are ASCII.
    ///
    /// The masking loop sees every byte anyway; ASCII text then needs no second pass.
    @inline(__always)
    static func apply(_ key: UInt32, to start: UnsafeMutableRawPointer, count: Int) -> Bool {
        let word = key.littleEndian
        let wide = SIMD8<UInt32>(repeating: word)
        var seen = SIMD8<UInt32>(repeating: 0)
        var i = 0
        while i &+ 32 <= count {
            let value = start.loadUnaligned(fromByteOffset: i, as: SIMD8<UInt32>.self) ^ wide
            start.storeBytes(of: value, toByteOffset: i, as: SIMD8<UInt32>.self)
            seen |= value
            i &+= 32
        }
        var bits: UInt32 = 0
        if i != 0 {
            let half = seen.lowHalf | seen.highHalf
            let quarter = half.lowHalf | half.highHalf
            bits = quarter.x | quarter.y
        }
        while i &+ 4 <= count {
            let value = start.loadUnaligned(fromByteOffset: i, as: UInt32.self) ^ word
            start.storeBytes(of: value, toByteOffset: i, as: UInt32.self)
            bits |= value
            i &+= 4
        }
        var rest = key
        while i < count {
            let value = start.load(fromByteOffset: i, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
            start.storeBytes(of: value, toByteOffset: i, as: UInt8.self)
            bits |= UInt32(value)
            rest &>>= 8
            i &+= 1
        }
        return bits & 0x8080_8080 == 0
    }
}
