/// One stretch of an arena in which chunk follows chunk.
struct GlibcHeap: Hashable {
    /// The whole of it, in whole pages.
    var pages: Range<UInt64>
    /// Where the first chunk is.
    var firstChunk: UInt64
    /// Where the last one ends.
    var end: UInt64 { pages.upperBound }
    /// The chunk that ends it; nil in a full heap, which ends with two marker chunks.
    var top: UInt64?
    /// Bytes before the first chunk that the arena uses for itself.
    var headerBytes: Int

    /// Heaps of arenas other than the main one begin at multiples of this (`HEAP_MAX_SIZE`).
    static let alignment: UInt64 = 64 << 20
    /// The words of `heap_info` that are needed: arena, earlier heap, size.
    static let stateWordCount = 3
    /// The state of an arena up to and with its last word, `max_system_mem`.
    static let arenaBytes: UInt64 = 0x828

    /// The size of `heap_info`, 4 words until 2.34 and 6 from then on; in an arena's first heap its state follows.
    static let infoBytes: [UInt64] = [0x20, 0x30]

    /// Where the heap with `address` begins, unless it is of the main arena.
    static func start(_ address: UInt64) -> UInt64 { address & ~(alignment - 1) }

    /// The heap of the main arena, which ends where `brk` is.
    static func main(_ arena: GlibcArena, end: UInt64, pageBytes: Int) throws(Contradiction) -> GlibcHeap {
        guard arena.systemBytes <= end, arena.top < end, arena.top >= end - arena.systemBytes else {
            throw Contradiction("the main heap is in pieces")
        }
        let start = end - arena.systemBytes
        let pageMask = UInt64(pageBytes - 1)
        return GlibcHeap(
            pages: start & ~pageMask..<end, firstChunk: (start + 15) & ~15, top: arena.top, headerBytes: 0)
    }

    /// The heap at `start` of another arena, whose `heap_info` begins with `state`.
    static func other(
        _ arena: GlibcArena, at address: UInt64, start: UInt64, state: [UInt64], pageBytes: Int
    ) throws(Contradiction) -> GlibcHeap {
        let size = state[2]
        guard state[0] == address, size > 0, size <= alignment, size % UInt64(pageBytes) == 0 else {
            throw Contradiction("a heap of \(size) B of another arena")
        }
        let infoBytes = address - Self.start(address)
        guard Self.infoBytes.contains(infoBytes), arena.bins < 1 << 47, start < 1 << 47 else {
            throw Contradiction("an arena far into its heap")
        }
        let holdsState = Self.start(address) == start
        let first = holdsState ? (arena.bins + arenaBytes + 15) & ~15 : start + infoBytes
        guard first < start + size else { throw Contradiction("a heap smaller than its header") }
        return GlibcHeap(
            pages: start..<start + size, firstChunk: first, top: Self.start(arena.top) == start ? arena.top : nil,
            headerBytes: Int(first - start))
    }
}
