/// The state of one arena, `struct malloc_state` of glibc's malloc.c, 2.26 and later, on 64 bits.
///
/// The part before the lists of free chunks grew by a word in 2.27, and lost the lists of small chunks in 2.43; all
/// else keeps its distance from the first list, so distances are counted from there.
struct GlibcArena: Hashable {
    /// Where the lists of free chunks begin, which names the arena here.
    let bins: UInt64
    /// The first chunk of each list of small chunks that `free` leaves as they are; none from 2.43 on.
    let fastChunks: [UInt64]
    /// The chunk at the end of the heap from which all others are cut.
    let top: UInt64
    /// The next arena in the ring of all arenas, as the address of its state.
    let next: UInt64
    /// Bytes that the arena has from the kernel.
    let systemBytes: UInt64

    /// How far before the lists the state begins: 2.27 and later, 2.26, and 2.43 and later.
    static let headerBytes: [UInt64] = [0x70, 0x68, 0x18]
    static let listCount = 127
    /// The part of the state from the lists to `system_mem`.
    static let wordCount = 0x820 / 8
    /// What is read before the lists: from `top` on, or from the lists of small chunks on.
    static let leastWordsBefore = 0x10 / 8
    static let mostWordsBefore = 0x60 / 8

    private static let fastListCount = 10
    private static let topOffset = -0x10 / 8
    private static let nextOffset = 0x800 / 8
    private static let systemBytesOffset = 0x818 / 8
    /// Most lists are empty in most processes, at least this many in all; other words never look like one by chance.
    private static let leastEmptyLists = 8

    /// Reads the state whose lists begin at the word `index` here and at `bins` there; nil if it cannot be one.
    ///
    /// - Parameter hasFastChunks: whether to read the lists of small chunks, which precede the others.
    init?(_ words: Span<UInt64>, at index: Int, bins: UInt64, hasFastChunks: Bool) {
        guard index >= (hasFastChunks ? Self.mostWordsBefore : Self.leastWordsBefore),
            index + Self.wordCount <= words.count
        else { return nil }
        top = words[index + Self.topOffset]
        next = words[index + Self.nextOffset]
        systemBytes = words[index + Self.systemBytesOffset]
        guard next != 0, next & 7 == 0, top & 15 == 0, top != 0, systemBytes < 1 << 47,
            Self.hasLists(words, at: index, bins: bins)
        else { return nil }
        self.bins = bins
        fastChunks =
            hasFastChunks ? (0..<Self.fastListCount).map { words[index - Self.mostWordsBefore + $0] } : []
    }

    /// Whether an arena with such a header has lists of small chunks.
    static func hasFastChunks(header: UInt64) -> Bool { header >= mostWordsBefore * 8 }

    /// Whether the lists of an arena begin here: an empty one points at itself, as the chunk that it would end.
    private static func hasLists(_ words: Span<UInt64>, at index: Int, bins: UInt64) -> Bool {
        var empty = 0
        for list in 0..<listCount {
            let own = bins &+ UInt64(list * 16) &- 16
            if words[index + list * 2] == own && words[index + list * 2 + 1] == own { empty += 1 }
        }
        return empty >= leastEmptyLists
    }

    /// Whether what should lead to the next arena leads back to this one, or to the beginning of another arena's heap.
    var nextIsArena: Bool {
        Self.headerBytes.contains { next == bins &- $0 } || GlibcHeap.infoBytes.contains(next - GlibcHeap.start(next))
    }

    /// Whether the arena has no heap yet: its top is then its own first list.
    var isUnused: Bool { top == bins &- 16 }
}
