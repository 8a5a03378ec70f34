/// Reads numbers of a heap dump, big-endian, from bytes that may end too early.
struct DumpCursor {
    private let bytes: UnsafeRawBufferPointer
    private let idBytes: Int
    /// Where the next number begins.
    private(set) var position: Int
    /// Whether more was read than there is.
    private(set) var isShort = false

    /// Reads from `position` on, where an identifier has `idBytes`.
    init(_ bytes: UnsafeRawBufferPointer, at position: Int, idBytes: Int) {
        self.bytes = bytes
        self.position = position
        self.idBytes = idBytes
    }

    /// How many bytes there are still.
    var left: Int { bytes.count - position }

    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
        let size = MemoryLayout<Number>.size
        guard left >= size else {
            isShort = true
            return 0
        }
        defer { position += size }
        return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: type))
    }

    mutating func u1() -> UInt8 { number(UInt8.self) }
    mutating func u2() -> Int { Int(number(UInt16.self)) }
    mutating func u4() -> Int { Int(number(UInt32.self)) }
    mutating func id() -> UInt64 { idBytes == 8 ? number(UInt64.self) : UInt64(number(UInt32.self)) }

    /// Passes over `count` bytes.
    mutating func skip(_ count: Int) {
        if left >= count { position += count } else { isShort = true }
    }

    /// The next `count` bytes.
    mutating func slice(_ count: Int) -> UnsafeRawBufferPointer {
        let start = position
        skip(count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }
}

/// The type of a field or an element, as a dump numbers them.
enum JavaType: UInt8 {
    case reference = 2
    case boolean = 4
    case char, float, double, byte, short, int, long

    /// How many bytes a dump has for a value.
    func size(idBytes: Int) -> Int {
        switch self {
        case .reference: idBytes
        case .boolean, .byte: 1
        case .char, .short: 2
        case .float, .int: 4
        case .double, .long: 8
        }
    }

    /// The type of a number; throws where there is none.
    static func numbered(_ number: UInt8) throws(SnapshotFailure) -> JavaType {
        guard let type = JavaType(rawValue: number) else {
            throw SnapshotFailure("it has type \(number), which there is none of")
        }
        return type
    }
}
