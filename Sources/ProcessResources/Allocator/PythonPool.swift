/// The header of a pool, in which CPython keeps objects of one size: `struct pool_header` of Objects/obmalloc.c.
struct PythonPool: Hashable {
    /// How pools are cut: 16 KiB from 3.10 on, 4 KiB before.
    static let knownBytes: [UInt64] = [16_384, 4096]
    static let headerBytes = 48
    static let headerWordCount = headerBytes / 8
    private static let sizeClassCount = 64
    /// Sizes are multiples of this: 16 from 3.8 on, 8 before.
    private static let knownAlignments = [16, 8]

    /// Bytes of objects in use.
    let usedBytes: Int
    /// How many objects are in use.
    let usedBlocks: Int

    /// Reads the header of a pool of `poolBytes` in the arena with the number `arena`; nil if it is not one.
    init?(_ words: Span<UInt64>, poolBytes: Int, arena: Int) {
        guard words.count >= Self.headerWordCount else { return nil }
        let count = Int(words[0] & 0xFFFF_FFFF)
        let sizeClass = Int(words[4] >> 32)
        let next = Int(words[5] & 0xFFFF_FFFF)
        let last = Int(words[5] >> 32)
        guard Int(words[4] & 0xFFFF_FFFF) == arena, sizeClass < Self.sizeClassCount,
            let alignment = Self.knownAlignments.first(where: { last == poolBytes - (sizeClass + 1) * $0 })
        else { return nil }
        let size = (sizeClass + 1) * alignment
        guard count <= (poolBytes - Self.headerBytes) / size, next >= Self.headerBytes, next <= last + size else {
            return nil
        }
        usedBlocks = count
        usedBytes = count * size
    }

    /// The pools of an arena that were ever used, by their addresses.
    static func addresses(of arena: PythonArenaTable.Arena, poolBytes: UInt64) -> [UInt64] {
        let first = (arena.address + poolBytes - 1) & ~(poolBytes - 1)
        return first < arena.unusedPools ? Array(stride(from: first, to: arena.unusedPools, by: Int(poolBytes))) : []
    }
}
