/// Hands out masking keys from a pool that is filled in bulk (RFC 6455, section 5.3).
///
/// One per event loop thread, shared by its client connections. The filler must draw from a strong source of
/// entropy, because keys must not be predictable (section 10.3).
public final class MaskingKeySource {
    private static let poolKeys = 256

    private let pool: UnsafeMutableRawBufferPointer
    private var position: Int
    private let fill: (UnsafeMutableRawBufferPointer) -> Void

    /// Takes keys from `fill`, which must write every byte of the buffer it is given.
    public init(fill: @escaping (UnsafeMutableRawBufferPointer) -> Void) {
        pool = .allocate(byteCount: Self.poolKeys * 4, alignment: 8)
        pool.initializeMemory(as: UInt8.self, repeating: 0)
        position = pool.count
        self.fill = fill
    }

    /// Takes keys from the system's random number generator.
    ///
    /// That is one system call for every two keys; a busy client supplies a filler that fills the pool in one.
    public convenience init() {
        self.init { pool in
            var generator = SystemRandomNumberGenerator()
            for offset in stride(from: 0, to: pool.count, by: 8) {
                pool.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
            }
        }
    }

    deinit { pool.deallocate() }

    /// A fresh key: its lowest byte is the first on the wire.
    public func next() -> UInt32 {
        if position == pool.count {
            fill(pool)
            position = 0
        }
        defer { position &+= 4 }
        return UInt32(littleEndian: pool.load(fromByteOffset: position, as: UInt32.self))
    }
}
